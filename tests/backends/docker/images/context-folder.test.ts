import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { buffer } from "node:stream/consumers";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { readContext } from "#backends/docker/images/context-folder.ts";
import { writeTar } from "#backends/docker/images/tar.ts";

let folder: string;
let dockerfile: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "context-"));
  dockerfile = put("Dockerfile", "FROM node:24-slim\n");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function put(path: string, text = path): string {
  const absolute = join(folder, path);
  mkdirSync(dirname(absolute), { recursive: true });
  writeFileSync(absolute, text);
  return absolute;
}

const read = (limits?: { files: number; size: number }) => readContext(dockerfile, join(folder, "root"), limits);
const names = async (): Promise<string[]> => (await read()).entries.map(({ path }) => path);

describe("a build's context", () => {
  test("is the folder of the Dockerfile, in the order of its names", async () => {
    put("b/c");
    put("a");
    expect(await names()).toEqual(["Dockerfile", "a", "b", "b/c"]);
  });

  test("is without what .dockerignore names, its exceptions kept", async () => {
    put(".dockerignore", "# not these\nnode_modules\n**/*.log\nsecret\n!secret/but-this\n");
    for (const path of ["node_modules/x/y", "deep/er/a.log", "deep/kept", "secret/key", "secret/but-this"]) put(path);
    expect(await names()).toEqual([".dockerignore", "Dockerfile", "deep", "deep/er", "deep/kept", "secret/but-this"]);
  });

  test("is without anything that is kept of bottles, wherever the root folder lies", async () => {
    for (const path of ["root/state/x/tls/ca.key", "root/queue/x/1.json", "root/audit/x.jsonl", "root/bottles/a.md"])
      put(path);
    expect(await names()).toEqual(["Dockerfile", "root", "root/bottles", "root/bottles/a.md"]);
  });

  test("has links as links, also those that lead out of it, and neither sockets nor pipes", async () => {
    symlinkSync("/etc/passwd", join(folder, "out"));
    symlinkSync(".", join(folder, "loop"));
    execFileSync("mkfifo", [join(folder, "pipe")]);
    expect((await read()).entries.filter(({ type }) => type === "link")).toEqual([
      { type: "link", path: "loop", target: "." },
      { type: "link", path: "out", target: "/etc/passwd" },
    ]);
    expect(await names()).not.toContain("pipe");
  });

  test("does not follow a file that became a link meanwhile", async () => {
    const path = put("file", "mine");
    const { entries } = await read();
    rmSync(path);
    symlinkSync("/etc/passwd", path);
    await expect(buffer(writeTar(entries))).rejects.toThrow(/cannot be read for the build/);
  });

  test("has a digest of names, contents and what is executable, not of times or owners", async () => {
    const path = put("run.sh", "one");
    const before = (await read()).digest;
    utimesSync(path, 1, 1);
    chmodSync(path, 0o640);
    expect((await read()).digest).toBe(before);
    chmodSync(path, 0o755);
    const executable = (await read()).digest;
    put("run.sh", "two");
    const changed = (await read()).digest;
    rmSync(path);
    put("run2.sh", "two");
    expect(new Set([before, executable, changed, (await read()).digest]).size).toBe(4);
  });

  test.each([
    { files: 3, size: 1000 },
    { files: 100, size: 20 },
  ])("that is larger than $files files or $size bytes is refused, with what to do", async (limits) => {
    for (const path of ["a", "b", "c", "d"]) put(path);
    await expect(read(limits)).rejects.toMatchObject({
      code: "invalid",
      where: folder,
      hint: expect.stringContaining(".dockerignore") as string,
    });
  });

  test("of a Dockerfile that is not there says so with its path", async () => {
    rmSync(dockerfile);
    await expect(read()).rejects.toMatchObject({
      code: "invalid",
      where: dockerfile,
      message: expect.stringContaining("is not there") as string,
    });
  });
});
