// Commands of the operator's in a running container.

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { execInBottle } from "#backends/docker/exec/exec.ts";
import type { Exec, ExecResult } from "#contracts/backend.ts";
import { requireDocker } from "#tests/helpers/docker.ts";

import { plainBottles, type PlainBottles } from "../plain-bottles.ts";

describe("a command in a bottle", await requireDocker(), () => {
  let bottles: PlainBottles;
  beforeAll(async () => {
    bottles = plainBottles();
    await bottles.run("one", ["/bin/sleep", "1000"]);
  });
  afterAll(() => bottles.end());

  const run = (...argv: string[]): Promise<ExecResult> => exec({ argv });
  const exec = (command: Exec): Promise<ExecResult> => execInBottle(bottles.context, "one", command);

  test("has its output, its errors and its exit code told apart", async () => {
    expect(await run("sh", "-c", "echo out; echo err >&2; exit 7")).toEqual({
      exitCode: 7,
      stdout: "out\n",
      stderr: "err\n",
      cut: false,
    });
  });

  test("is node in its home unless said otherwise", async () => {
    expect((await run("sh", "-c", "id -un; pwd")).stdout).toBe("node\n/home/node\n");
    expect((await exec({ argv: ["sh", "-c", "id -u; pwd"], user: "0", cwd: "/tmp" })).stdout).toBe("0\n/tmp\n");
  });

  test("gets variables whose values stand in no argument list", async () => {
    const { stdout } = await exec({
      argv: [
        "sh",
        "-c",
        'echo "$PLAIN"; tr "\\0" " " < /proc/self/cmdline; cat /proc/*/cmdline | grep -c "not-in-argv"',
      ],
      env: { PLAIN: 'is not-in-argv: "quoted" $and\nmore' },
    });
    expect(stdout).toMatch(/^is not-in-argv: "quoted" \$and\nmore\n/);
    expect(stdout).not.toMatch(/cmdline.*is not-in/);
  });

  test("reads its input to the end", async () => {
    const input = Buffer.alloc(3_000_000, "x");
    expect((await exec({ argv: ["wc", "-c"], input })).stdout.trim()).toBe("3000000");
  });

  test("is killed with what it started when it takes too long", async () => {
    const { exitCode, stdout } = await exec({
      argv: ["sh", "-c", "trap '' TERM; echo begun; sleep 4001 & sleep 4001"],
      timeout: 500,
    });
    expect({ exitCode, stdout }).toEqual({ exitCode: 124, stdout: "begun\n" });
    expect((await run("sh", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '")).stdout).not.toMatch(/sleep 4001/);
  });

  test("has no more than 16 MiB of output kept, and says so", async () => {
    const { stdout, cut, exitCode } = await run("head", "-c", "20000000", "/dev/zero");
    expect({ length: stdout.length, cut, exitCode }).toEqual({ length: 16 * 1_048_576, cut: true, exitCode: 0 });
  });

  test("that is not there, or no program, is told like a shell does", async () => {
    expect(await run("no-such-program")).toMatchObject({
      exitCode: 127,
      stdout: "",
      stderr: expect.stringMatching(/no-such-program: not found/),
    });
    expect(await run("/no/such/program")).toMatchObject({
      exitCode: 127,
      stderr: expect.stringMatching(/not found in the bottle/),
    });
    expect(await run("/etc/passwd")).toMatchObject({ exitCode: 126, stderr: expect.stringMatching(/may not be run/) });
    expect(await exec({ argv: ["true"], cwd: "/no/such" })).toMatchObject({
      exitCode: 126,
      stderr: expect.stringMatching(/no such folder/),
    });
    expect(await exec({ argv: ["true"], user: "nobody-here" })).toMatchObject({
      exitCode: 126,
      stderr: expect.stringMatching(/no such user/),
    });
  });

  test("is refused in a bottle that does not run", async () => {
    await expect(execInBottle(bottles.context, "none", { argv: ["true"] })).rejects.toMatchObject({
      code: "unavailable",
    });
  });
});
