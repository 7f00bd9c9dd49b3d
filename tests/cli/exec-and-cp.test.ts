import { describe, expect, it, vi } from "vitest";

import type { Console } from "#contracts/console.ts";
import { runCli } from "#tests/helpers/command-line.ts";
import { fakeConsole } from "#tests/helpers/fake-console.ts";

const RESULT = { exitCode: 7, stdout: "", stderr: "", cut: false };

describe("exec", () => {
  const exec = vi.fn<Console["exec"]>(async (_slug, { output }) => {
    output?.("stdout", Buffer.from("out"));
    output?.("stderr", Buffer.from("err"));
    return output === undefined ? { ...RESULT, stdout: "out", stderr: "err" } : RESULT;
  });
  const console = fakeConsole({ exec });

  it("passes on what the command prints and its exit code, and the command as it is", async () => {
    expect(await runCli(["exec", "one-11111", "--", "ls", "--help", "-u"], { console })).toEqual({
      code: 7,
      stdout: "out",
      stderr: "err",
    });
    expect(exec.mock.lastCall?.[1]).toMatchObject({ argv: ["ls", "--help", "-u"] });
    expect(exec.mock.lastCall?.[1]).not.toHaveProperty("input");
  });

  it("takes a user, a folder and standard input", async () => {
    await runCli(["exec", "-u", "root", "--cwd", "/tmp", "-i", "one-11111", "--", "cat"], { console });
    expect(exec.mock.lastCall).toMatchObject(["one-11111", { argv: ["cat"], user: "root", cwd: "/tmp" }]);
    expect(exec.mock.lastCall?.[1].input).toEqual(Buffer.alloc(0));
  });

  it("prints one object with --json", async () => {
    const { stdout, code } = await runCli(["exec", "--json", "one-11111", "--", "cat"], { console });
    expect([code, JSON.parse(stdout)]).toEqual([7, { exit_code: 7, stdout: "out", stderr: "err", cut: false }]);
  });

  it("wants a command", async () => {
    const { code, stderr } = await runCli(["exec", "one-11111"], { console });
    expect([code, stderr]).toEqual([2, expect.stringContaining("<command> is missing")]);
  });
});

describe("cp", () => {
  const copyIn = vi.fn<Console["copyIn"]>(async () => {});
  const leftOut = [{ path: "d/\u001b[31mbad", why: "it is a link that leads out of the folder" }];
  const copyOut = vi.fn<Console["copyOut"]>(async () => ({ leftOut }));
  const run = (...args: string[]) =>
    runCli(["cp", ...args], { console: fakeConsole({ copyIn, copyOut }), cwd: "/here" });

  it("copies in, from where the operator stands", async () => {
    expect(await run("a/b", "one-11111:workspace/")).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(copyIn.mock.lastCall).toEqual(["one-11111", "/here/a/b", "workspace/"]);
    await run("./data/.", "one-11111:");
    expect(copyIn.mock.lastCall).toEqual(["one-11111", "/here/data/.", "."]);
    await run("./one-11111:x", "one-11111:/tmp/y");
    expect(copyIn.mock.lastCall).toEqual(["one-11111", "/here/one-11111:x", "/tmp/y"]);
  });

  it("copies out, and says what was left out without obeying its name", async () => {
    expect(await run("one-11111:d", "sub/")).toEqual({
      code: 0,
      stdout: "",
      stderr: "left out: d/bad: it is a link that leads out of the folder\n",
    });
    expect(copyOut.mock.lastCall).toEqual(["one-11111", "d", "/here/sub/"]);
    const { stdout, stderr } = await run("one-11111:d", "/abs", "--json");
    expect([JSON.parse(stdout), stderr]).toEqual([{ from: "one-11111:d", to: "/abs", left_out: leftOut }, ""]);
  });

  it.each([
    ["a", "b"],
    ["one-11111:a", "two-22222:b"],
  ])("wants exactly one side in a bottle: %s %s", async (from, to) => {
    const { code, stderr } = await run(from, to);
    expect([code, stderr]).toEqual([2, expect.stringContaining("exactly one side must be in a bottle")]);
  });
});
