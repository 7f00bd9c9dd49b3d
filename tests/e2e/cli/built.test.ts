// The built command line as a process: what only a process has.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { BUILT, runBuilt, startBuilt } from "#tests/helpers/built-command-line.ts";

let root: string;
let env: Record<string, string>;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "bottle-dash-test-"));
  env = { BOT_BOTTLE_ROOT: root };
});
afterEach(() => rm(root, { recursive: true }));

describe("the built command line", () => {
  it("prints help, command help and its version", async () => {
    expect(await runBuilt(["--help"], env)).toMatchObject({
      code: 0,
      stderr: "",
      stdout: expect.stringContaining("Usage: bottle-dash"),
    });
    expect(await runBuilt(["egress", "--help"], env)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("Usage: bottle-dash egress <slug>"),
    });
    expect((await runBuilt(["--version"], env)).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it.each([
    [["lst"], 'bottle-dash: there is no command "lst" (did you mean list?); see `bottle-dash --help`\n'],
    [
      ["list", "--jsno"],
      "bottle-dash: there is no option --jsno (did you mean --json?); see `bottle-dash list --help`\n",
    ],
    [["stop", "../../etc"], 'bottle-dash: there is no bottle "../../etc"; see `bottle-dash list`\n'],
  ])("says what is wrong with %j in one line", async (argv, stderr) => {
    const ended = await runBuilt(argv, env);
    expect(ended).toMatchObject({ stdout: "", stderr });
    expect(ended.code).toBeGreaterThan(0);
  });

  it.each([["logs"], ["egress"], ["attach"], ["audit", "show"]])(
    "refuses a slug with path characters in %s",
    async (...command) => {
      const { code, stdout, stderr } = await runBuilt([...command, "../x"], env);
      expect(code).toBe(2);
      expect(stdout).toBe("");
      expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    },
  );

  it("reports in a pipe without a command and exits 0", async () => {
    expect(await runBuilt([], env)).toEqual({
      code: 0,
      signal: null,
      stdout:
        "no bottles; `bottle-dash demo` starts one to look at, `bottle-dash start <agent>` one of yours\n\nnothing waits for you\n",
      stderr: "",
    });
  });

  it("lists nothing as an empty array, and makes no root folder for it", async () => {
    const missing = join(root, "not-there");
    expect(await runBuilt(["list", "--json"], { BOT_BOTTLE_ROOT: missing })).toMatchObject({
      code: 0,
      stdout: "[]\n",
      stderr: "",
    });
    await expect(mkdir(missing)).resolves.toBeUndefined();
  });

  it("says what to set where there is no home folder", async () => {
    const { code, stderr } = await runBuilt(["list"], { HOME: "/" });
    expect(code).toBe(2);
    expect(stderr).toBe(
      "bottle-dash: HOME: there is no home folder to keep bottles in; set HOME, or BOT_BOTTLE_ROOT to an absolute path\n",
    );
    expect((await runBuilt(["--help"], { HOME: "/" })).code).toBe(0);
  });

  it("works on with a malformed state and names the file", async () => {
    await mkdir(join(root, "state", "a-11111"), { recursive: true });
    await writeFile(join(root, "state", "a-11111", "metadata.json"), "{");
    await writeFile(join(root, "config.yml"), "keys: [");
    const { code, stdout, stderr } = await runBuilt(["list", "--json"], env);
    expect([code, stdout]).toEqual([0, "[]\n"]);
    expect(stderr).toContain("a-11111/metadata.json");
  });

  it("ends quietly when its reader goes away", async () => {
    const child = spawn(
      "bash",
      ["-c", `set -o pipefail; '${process.execPath}' '${BUILT}' --help | head -n 0; echo "\${PIPESTATUS[0]}"`],
      {
        env: { PATH: process.env["PATH"] ?? "", ...env },
        stdio: ["ignore", "pipe", "pipe"],
      },
    );
    const said: string[] = [];
    child.stdout.on("data", (chunk: Buffer) => said.push(chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => said.push(chunk.toString()));
    await once(child, "close");
    expect(said.join("")).toBe("0\n");
  });

  it("fails when its output cannot be written", async () => {
    const child = spawn("sh", ["-c", `'${process.execPath}' '${BUILT}' list > /dev/full`], {
      env: { PATH: process.env["PATH"] ?? "", ...env },
      stdio: ["ignore", "ignore", "pipe"],
    });
    let stderr = "";
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    expect(await once(child, "close")).toEqual([1, null]);
    expect(stderr).toMatch(/^bottle-dash: standard output: ENOSPC/);
  });

  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("ends a stream on %s with %i and without a word", async (signal, code) => {
    await mkdir(join(root, "state", "a-11111"), { recursive: true });
    await writeFile(
      join(root, "state", "a-11111", "metadata.json"),
      JSON.stringify({ identity: "a-11111", agent_name: "a", started_at: "2030-01-01T00:00:00Z", backend: "local" }),
    );
    const watching = startBuilt(["watch"], env);
    await expect.poll(() => watching.stdout(), { timeout: 10_000 }).toContain('"type":"bottle"');
    watching.child.kill(signal);
    expect(await watching.ended).toMatchObject({ code, signal: null, stderr: "" });
  });

  it("refuses to hand over a terminal that is not there", async () => {
    expect(await runBuilt(["attach", "a-11111"], env)).toMatchObject({
      code: 2,
      stdout: "",
      stderr: expect.stringContaining("no terminal"),
    });
  });

  it("says that the working directory is gone", async () => {
    const gone = await mkdtemp(join(tmpdir(), "bottle-dash-gone-"));
    const child = spawn("sh", ["-c", `rmdir '${gone}' && '${process.execPath}' '${BUILT}' list`], {
      cwd: gone,
      env: { PATH: process.env["PATH"] ?? "", ...env },
      stdio: ["ignore", "ignore", "pipe"],
    });
    let stderr = "";
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    expect(await once(child, "close")).toEqual([1, null]);
    expect(stderr).toBe("bottle-dash: the working directory is gone; cd to one that exists\n");
  });

  it.each([
    [{ FORCE_COLOR: "1" }, true],
    [{}, false],
  ] as const)("colours a pipe with %j: %s", async (more, colored) => {
    await mkdir(join(root, "agents"), { recursive: true });
    await mkdir(join(root, "bottles"), { recursive: true });
    await writeFile(join(root, "bottles", "b.md"), "---\nagent_provider:\n  template: command\n  command: [sh]\n---\n");
    await writeFile(join(root, "agents", "b.md"), "---\nbottle: b\n---\n");
    expect((await runBuilt(["list", "available"], { ...env, ...more })).stdout.includes("\u001b[")).toBe(colored);
  });
});
