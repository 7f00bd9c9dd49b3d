// The program itself, around small agents, with a supervise that notes what it is told.

import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { TASK_CONFIG, type TaskConfig } from "#domain/provider/task-config.ts";
import type { TaskOutput } from "#domain/provider/task-output.ts";

const MAIN = join(import.meta.dirname, "../../../sidecars/task/main.ts");
const JSONL: TaskOutput = {
  format: "jsonl",
  rules: [
    { when: { type: "say" }, take: "text", as: "message" },
    { when: { type: "fail" }, take: "text", as: "error" },
  ],
};

let home = "";
let supervise: Server;
let posted: { path: string; body: unknown }[] = [];
let running: ChildProcess[] = [];

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), "task-test-"));
  posted = [];
  supervise = createServer((request, response) => {
    void text(request).then((body) => {
      posted.push({ path: request.url ?? "", body: JSON.parse(body) as unknown });
      response.writeHead(204).end();
    });
  });
  supervise.listen(0, "127.0.0.1");
  await once(supervise, "listening");
});
afterEach(() => {
  for (const child of running) child.kill("SIGKILL");
  running = [];
  supervise.closeAllConnections();
  supervise.close();
  rmSync(home, { recursive: true, force: true });
});

function start(output: TaskOutput, argv: readonly string[], port = (supervise.address() as AddressInfo).port) {
  const at = `http://127.0.0.1:${port}`;
  const config: TaskConfig = { version: 1, output, supervise: { state: `${at}/state`, result: `${at}/result` } };
  mkdirSync(dirname(join(home, TASK_CONFIG)), { recursive: true });
  writeFileSync(join(home, TASK_CONFIG), JSON.stringify(config));
  const child = spawn(process.execPath, [MAIN, ...argv], {
    env: { PATH: process.env["PATH"], HOME: home },
    stdio: ["pipe", "pipe", "pipe"],
  });
  running.push(child);
  const done = Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
  return { child, done: done.then(([stdout, stderr, [code]]) => ({ stdout, stderr, code: code as number })) };
}

const run = (output: TaskOutput, ...argv: string[]) => start(output, ["--", ...argv]).done;
const result = (): unknown => posted.find(({ path }) => path === "/result")?.body;
const say = (words: string): string => JSON.stringify({ type: "say", text: words });

describe("an agent with a task", () => {
  it("is said to be busy, shown as it speaks, and its last message handed in before the end", async () => {
    const printed = [say("I look.\nCarefully."), "not json", say("All done.")].join("\n");
    const { stdout, stderr, code } = await run(JSONL, "sh", "-c", `printf '%s' "$0"; echo oops >&2`, printed);
    expect([stdout, stderr, code]).toEqual(["I look.\nCarefully.\nAll done.\n", "oops\n", 0]);
    expect(posted).toEqual([
      { path: "/state", body: { state: "busy", detail: "", event: "task" } },
      { path: "/result", body: { message: "All done.", cut: false } },
    ]);
  });

  it("has all that it printed as its answer where that is how it answers", async () => {
    await run({ format: "text" }, "printf", "one\\n  two");
    expect(result()).toEqual({ message: "one\n  two", cut: false });
  });

  it("ends us as it ended", async () => {
    expect((await run(JSONL, "sh", "-c", "exit 7")).code).toBe(7);
    expect((await run(JSONL, "sh", "-c", "kill -SEGV $$")).code).toBe(139);
    expect(
      (await run(JSONL, "sh", "-c", `echo '${JSON.stringify({ type: "fail", text: "401" })}'; exit 1`)).stdout,
    ).toBe("error: 401\n");
  });

  it("is told that it cannot be started as shells tell it", async () => {
    const { code, stderr } = await run(JSONL, "no-such-agent");
    expect(code).toBe(127);
    expect(stderr).toContain("cannot start no-such-agent");
    expect((await run(JSONL, "/tmp")).code).toBe(126);
  });

  it("has nothing to read, and neither our terminal", async () => {
    const { stdout } = await run({ format: "text" }, "sh", "-c", "cat; (: </dev/tty) 2>/dev/null || echo none");
    expect(stdout).toBe("none\n");
  });

  it("gets our signals, and so does what it started", async () => {
    const script = "trap 'echo told; exit 3' TERM; (echo ready; exec sleep 600) & wait";
    const { child, done } = start({ format: "text" }, ["--", "sh", "-c", script]);
    await once(child.stdout, "data");
    child.kill("SIGTERM");
    const { stdout, code } = await done;
    expect([stdout, code]).toEqual(["ready\ntold\n", 3]);
  });

  it("does not keep us by what it leaves behind", async () => {
    const { stdout, code } = await run(
      { format: "text" },
      "sh",
      "-c",
      "echo here; sleep 600 2>/dev/null & echo $! >$HOME/pid",
    );
    process.kill(Number(readFileSync(join(home, "pid"), "utf8")), "SIGKILL");
    expect([stdout, code]).toEqual(["here\n", 0]);
  });

  it("survives megabytes on a line and between lines", async () => {
    const script = `process.stdout.write("x".repeat(9e6) + "\\n" + JSON.stringify({type:"say",text:"y".repeat(1e6)}) + "\\n")`;
    const { stdout, code } = await run(JSONL, process.execPath, "-e", script);
    expect(code).toBe(0);
    expect(stdout).toContain("[a line of its output is too long to be read]");
    expect(result()).toEqual({ message: "y".repeat(262_144), cut: true });
  });

  it("works where nobody listens", async () => {
    supervise.close();
    const { done } = start(JSONL, ["--", "echo", say("alone")], 1);
    expect(await done).toMatchObject({ stdout: "alone\n", code: 0 });
  });
});

it("refuses to run without a command or without its configuration", async () => {
  expect(await start(JSONL, ["echo"]).done).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("task -- COMMAND"),
  });
  const { done } = start(JSONL, ["--", "echo"]);
  rmSync(join(home, TASK_CONFIG));
  expect((await done).code).toBe(2);
});
