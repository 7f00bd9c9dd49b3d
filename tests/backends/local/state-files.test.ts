// Files of the state folder that are not what they should be: nothing hangs, and the bottle still has a status.

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { afterEach, beforeEach, expect, test } from "vitest";

import { localPaths } from "#backends/local/bottle-sandbox.ts";
import { localBottle } from "#backends/local/bottle.ts";
import { isOurs } from "#backends/local/ours.ts";
import { statusOf } from "#backends/local/status.ts";
import { bottlePaths, type BottlePaths } from "#lib/paths.ts";
import { readPidFile } from "#lib/process-identity.ts";

let root: string;
let paths: BottlePaths;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "state-files-"));
  paths = bottlePaths(root, "a-1");
  for (const path of [paths.metadata, paths.agent.exit, paths.isolation, paths.agent.pid, paths.agent.launcher]) {
    mkdirSync(dirname(path), { recursive: true });
    execFileSync("mkfifo", [path]);
  }
});
afterEach(() => rmSync(root, { recursive: true }));

test("a pipe for metadata belongs to nobody", () => {
  expect(isOurs(paths)).toBe(false);
});

test("pipes for the records of its end and its start leave a status", async () => {
  expect((await statusOf(paths)).phase).toMatch(/starting|lost/);
});

test("a pipe for the proof is no proof", async () => {
  expect(await localBottle(root, "a-1").isolation()).toBeNull();
});

test("a pipe for a pid file names no process", () => {
  expect(readPidFile(paths.agent.pid)).toBeUndefined();
});

test("what is removed may be deeper than the kernel takes at once", async () => {
  const { scratch } = localPaths(paths);
  mkdirSync(scratch, { recursive: true });
  execFileSync("/bin/sh", [
    "-c",
    `cd "$1" && name=$(printf %0200d 0) && i=0; while [ $i -lt 40 ]; do mkdir $name && cd -P $name || exit 1; i=$((i+1)); done`,
    "sh",
    scratch,
  ]);
  await localBottle(root, "a-1").remove();
  expect(() => mkdirSync(scratch)).not.toThrow();
});
