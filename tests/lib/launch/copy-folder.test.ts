import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, test } from "vitest";

import { copyFolder, copyRegularFile } from "#lib/launch/copy-folder.ts";

let folder: string;
const options = { without: "/nowhere", signal: new AbortController().signal };
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "copy-"));
  writeFileSync(join(folder, "secret"), "the operator's");
});
afterEach(() => rmSync(folder, { recursive: true }));

test("a file keeps its text and its mode", async () => {
  writeFileSync(join(folder, "run.sh"), "echo", { mode: 0o750 });
  await copyRegularFile(join(folder, "run.sh"), join(folder, "copy"));
  expect(readFileSync(join(folder, "copy"), "utf8")).toBe("echo");
  expect(statSync(join(folder, "copy")).mode & 0o777).toBe(0o750);
});

test("a link that took the place of a file is not followed", async () => {
  symlinkSync(join(folder, "secret"), join(folder, "file"));
  await expect(copyRegularFile(join(folder, "file"), join(folder, "copy"))).rejects.toMatchObject({ code: "ELOOP" });
  expect(existsSync(join(folder, "copy"))).toBe(false);
});

test("a pipe that took the place of a file does not hang the copy", async () => {
  execFileSync("mkfifo", [join(folder, "file")]);
  await expect(copyRegularFile(join(folder, "file"), join(folder, "copy"))).rejects.toThrow(/no regular file/);
});

test("a link that took the place of a folder is not followed, and is named", async () => {
  symlinkSync("/etc", join(folder, "sub"));
  await expect(copyFolder(join(folder, "sub"), join(folder, "copy"), options)).rejects.toThrow(
    `${join(folder, "sub")}: ENOTDIR`,
  );
});

test("a folder that is moved away and replaced in the middle is copied as it was", async () => {
  const from = join(folder, "from");
  mkdirSync(join(from, "sub"), { recursive: true });
  writeFileSync(join(from, "sub", "secret"), "the project's");
  let looks = 0;
  const signal = new AbortController().signal;
  const moved = new Proxy(signal, {
    get(target, name) {
      // Asked before each entry: the second time it stands within sub.
      looks += name === "aborted" ? 1 : 0;
      if (name === "aborted" && looks === 2) {
        renameSync(join(from, "sub"), join(from, "old"));
        symlinkSync(folder, join(from, "sub"));
      }
      return Reflect.get(target, name, target) as unknown;
    },
  });
  await copyFolder(from, join(folder, "copy"), { ...options, signal: moved });
  expect(looks).toBe(2);
  expect(readFileSync(join(folder, "copy", "sub", "secret"), "utf8")).toBe("the project's");
});

test("no descriptor stays open", async () => {
  mkdirSync(join(folder, "from", "a", "b"), { recursive: true });
  writeFileSync(join(folder, "from", "a", "b", "file"), "x");
  const before = readdirSync("/proc/self/fd").length;
  await copyFolder(join(folder, "from"), join(folder, "copy"), options);
  expect(readdirSync("/proc/self/fd").length).toBe(before);
});
