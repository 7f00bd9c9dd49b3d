// The guest agent as a process, with a plain program in its terminal instead of a sandbox.

import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { connectGuest, type GuestClient } from "#backends/local/sockets/guest-client.ts";
import { ExitRecord } from "#domain/fleet/run-status.ts";
import type { ShellEvent } from "#domain/guest-agent/protocol.ts";
import { bottlePaths } from "#lib/paths.ts";
import { connectUnix } from "#lib/unix-socket.ts";

const repository = join(import.meta.dirname, "..", "..", "..");
const SLUG = "test-abcde";
let root: string;
let paths: ReturnType<typeof bottlePaths>;
let agent: ChildProcess | undefined;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "guest-agent-"));
  paths = bottlePaths(root, SLUG);
});
afterEach(async () => {
  if (agent?.exitCode === null && agent.signalCode === null) {
    agent.kill("SIGKILL");
    await once(agent, "exit");
  }
  rmSync(root, { recursive: true, force: true });
});

interface Running {
  readonly process: ChildProcess;
  readonly client: GuestClient;
  readonly events: ShellEvent[];
  /** All output since the subscription. */
  output(): string;
}

async function start(script: string, { stay = true } = {}): Promise<Running> {
  agent = spawn(process.execPath, [join(repository, "sidecars/guest-agent/main.ts")], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const config = {
    slug: SLUG,
    root,
    // It ends with the guest agent, as a sandbox does.
    argv: ["setpriv", "--pdeathsig", "KILL", "/bin/sh", "-c", `read go; ${script}`],
    env: { PATH: "/usr/bin:/bin" },
    cols: 80,
    rows: 24,
  };
  agent.stdin!.write(`${JSON.stringify(config)}\n`);
  if (stay) agent.stdin!.write(`${JSON.stringify({ stay: true })}\n`);
  await once(agent.stdout!, "data");
  const client = await connectGuest(paths.agent.socket);
  const events: ShellEvent[] = [];
  await client.subscribe(true, (event) => events.push(event));
  await client.request({ action: "write_shell", shell: "agent", data: "\r" });
  return {
    process: agent,
    client,
    events,
    output: () => events.map((event) => (event.type === "output" ? event.data : "")).join(""),
  };
}

async function exited({ process: child }: Running): Promise<ExitRecord> {
  if (child.exitCode === null) await once(child, "exit");
  return ExitRecord.parse(JSON.parse(readFileSync(paths.agent.exit, "utf8")));
}

function logged(): string[] {
  return readFileSync(paths.logs.of("agent"), "utf8")
    .trim()
    .split("\n")
    .map((line) => (JSON.parse(line) as { text: string }).text);
}

function rss(pid: number): number {
  return Number(/^VmRSS:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))![1]) * 1024;
}

describe("hostile output", () => {
  test("of a megabyte without a newline passes whole, and is cut in the log", async () => {
    const running = await start("head -c 1048576 /dev/zero | tr '\\0' x; echo; echo done");
    await exited(running);
    expect(running.output().match(/x/g)).toHaveLength(1_048_576);
    expect(logged()).toEqual([expect.stringMatching(/^x{16000} \[cut\]$/), "done"]);
  });

  test("of invalid UTF-8 becomes replacement characters and harms nothing after it", async () => {
    const running = await start("printf 'a\\377\\376b\\346\\227'; printf 'ok\\n'");
    await exited(running);
    expect(running.output()).toContain("a\ufffd\ufffdb\ufffdok");
  });

  test("of characters in single bytes is never split", async () => {
    const bytes = [...Buffer.from("日😀é")].map((byte) => `printf '\\${byte.toString(8)}'; sleep 0.01;`).join("");
    const running = await start(bytes);
    await exited(running);
    expect(running.output()).toContain("日😀é");
    expect(running.output()).not.toContain("\ufffd");
  });

  test("with titles, clipboard and queries reaches neither viewers nor the log, and the agent gets its answer", async () => {
    const running = await start(
      "stty -echo raw; printf '\\033]0;owned\\007\\033]52;c;AAAA\\007\\033]9;hey\\033\\\\visible\\033[6n'; answer=$(dd bs=1 count=6 2>/dev/null | od -An -c); stty sane; echo \"[$answer]\"",
    );
    await exited(running);
    expect(running.output()).toContain("visible");
    expect(running.output()).not.toMatch(/owned|AAAA|hey|6n/);
    expect(logged().join("\n")).toMatch(/visible/);
    expect(logged().join("\n")).not.toMatch(/owned|AAAA/);
    expect(logged().join("\n")).toMatch(/033 {3}\[ {3}\d/);
  });
});

describe("a flood", () => {
  test("does not grow memory, with a viewer that does not read", async () => {
    const running = await start("yes 'the quick brown fox jumps over the lazy dog' | head -c 100000000; echo the-end");
    running.client.pause();
    let peak = 0;
    const timer = setInterval(() => {
      try {
        peak = Math.max(peak, rss(running.process.pid!));
      } catch {
        // it has ended
      }
    }, 50);
    const other = await connectGuest(paths.agent.socket);
    await vi.waitFor(
      async () => {
        // Newlines become two bytes on the terminal: the end lies beyond the bytes that were written.
        const { data } = await other
          .request({ action: "read_shell", shell: "agent", cursor: 1e9 })
          .catch(() => ({ data: "gone" }));
        expect(data).toBe("gone");
      },
      { timeout: 60_000, interval: 100 },
    );
    clearInterval(timer);
    expect(peak).toBeLessThan(260_000_000);
    expect(statSync(paths.agent.scrollback).size).toBeLessThanOrEqual(4 * 1_048_576);
    expect(existsSync(`${paths.agent.scrollback}.2`)).toBe(false);
    other.close();
    running.client.close();
  }, 90_000);

  test("gives a viewer that fell behind one screen instead of all that it missed", async () => {
    const running = await start("seq 1 400000; read more; exit");
    running.client.pause();
    const other = await connectGuest(paths.agent.socket);
    await vi.waitFor(
      async () =>
        expect(await other.subscribe(true, () => {})).toMatchObject({ snapshot: expect.stringContaining("400000") }),
      {
        timeout: 15_000,
        interval: 200,
      },
    );
    running.client.resume();
    await vi.waitFor(
      () =>
        expect(running.events.find(({ type }) => type === "reset")).toMatchObject({
          snapshot: expect.stringContaining("400000"),
        }),
      5000,
    );
    expect(running.output().length).toBeLessThan(3_000_000);
    other.close();
  }, 30_000);
});

describe("the lifeline", () => {
  test("ends everything when the launcher goes before the bottle is proved, without a crash on record", async () => {
    const running = await start("exec sleep 7001", { stay: false });
    running.process.stdin!.end();
    expect(await exited(running)).toMatchObject({ reason: "stopped" });
    expect(existsSync(paths.logs.crash)).toBe(false);
    expect(existsSync(paths.agent.socket)).toBe(false);
  });

  test("may be cut once it was told to stay", async () => {
    const running = await start("read go; echo alive; read go; exit 0");
    running.process.stdin!.end();
    running.process.stdout!.destroy();
    await running.client.request({ action: "write_shell", shell: "agent", data: "\r" });
    await vi.waitFor(() => expect(running.output()).toContain("alive"));
    await running.client.request({ action: "write_shell", shell: "agent", data: "\r" });
    expect(await exited(running)).toMatchObject({ exit_code: 0 });
  });
});

describe("the protocol", () => {
  test("answers what it does not understand, and goes on", async () => {
    const running = await start("read go");
    const socket = await connectUnix(paths.agent.socket);
    const heard: string[] = [];
    socket.on("data", (chunk: Buffer) => heard.push(...chunk.toString().trim().split("\n")));
    socket.write(
      'not json\n{"id":1,"action":"fly"}\n{"id":2,"action":"status_shell","shell":"other"}\n{"id":3,"action":"resize_shell","shell":"agent","cols":0,"rows":5}\n{"id":4,"action":"status_shell","shell":"agent"}\n',
    );
    await vi.waitFor(() => expect(heard).toHaveLength(5));
    const answers = heard.map(
      (line) => JSON.parse(line) as { id: number | null; ok: boolean; error?: { code: string } },
    );
    expect(answers.map(({ id, ok, error }) => [id, ok, error?.code])).toEqual([
      [null, false, "bad_request"],
      [null, false, "bad_request"],
      [2, false, "not_found"],
      [null, false, "bad_request"],
      [4, true, undefined],
    ]);
    socket.destroy();
    running.client.close();
  });

  test("does not take more input than an agent that never reads can hold", async () => {
    const running = await start("stty raw -echo; echo raw; exec sleep 8001");
    await vi.waitFor(() => expect(running.output()).toContain("raw"));
    const big = "x".repeat(1_000_000);
    const answers = await Promise.allSettled(
      Array.from({ length: 8 }, () => running.client.request({ action: "write_shell", shell: "agent", data: big })),
    );
    expect(answers.at(-1)).toMatchObject({
      status: "rejected",
      reason: { message: expect.stringContaining("does not read") },
    });
  });

  test("reads the raw output by cursor", async () => {
    const running = await start("stty -echo; printf '\\033[1mbold\\033[0m'; read go");
    await vi.waitFor(() => expect(running.output()).toContain("bold"));
    const { data, next_cursor: next } = await running.client.request({
      action: "read_shell",
      shell: "agent",
      cursor: 0,
    });
    expect(data).toContain("\u001b[1mbold\u001b[0m");
    expect(await running.client.request({ action: "read_shell", shell: "agent", cursor: Number(next) })).toMatchObject({
      data: "",
    });
  });
});

test("leaves exit, crash log and audit entry of an agent that crashed", async () => {
  const running = await start("echo about to fail; exit 3");
  expect(await exited(running)).toMatchObject({ exit_code: 3, reason: "exited" });
  expect(running.events.at(-1)).toMatchObject({ type: "exit", exit: { exit_code: 3 } });
  expect(readFileSync(paths.logs.crash, "utf8")).toMatch(/=== agent crash .* exit 3 ===\n[^]*about to fail\n/);
  expect(readFileSync(paths.audit, "utf8")).toContain('"action":"agent-exit"');
  expect(existsSync(paths.agent.pid)).toBe(false);
});

test("tells the end also when the record of it cannot be written", async () => {
  // A folder where the file should be makes each write of the record fail, as a full disk does.
  mkdirSync(paths.agent.exit, { recursive: true });
  const running = await start("echo still here; exit 0");
  await once(running.process, "exit");
  expect(running.output()).toContain("still here");
  expect(running.events.at(-1)).toMatchObject({ type: "exit" });
});
