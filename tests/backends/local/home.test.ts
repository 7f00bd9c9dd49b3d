import { execFileSync } from "node:child_process";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, test } from "vitest";

import { giveHome, makeHome } from "#backends/local/home.ts";
import { requirement } from "#tests/helpers/require.ts";

const asRoot: { skip: boolean; meta: object } = requirement("root", () =>
  process.getuid?.() === 0 ? undefined : "only root can give files away",
);

let folder: string;
let root: string;
let home: string;
let cwd: string;
const signal = new AbortController().signal;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "home-"));
  cwd = join(folder, "project");
  root = join(cwd, ".bot-bottle"); // the root folder may lie within what is copied
  home = join(root, "state", "x", "agent", "home");
  mkdirSync(root, { recursive: true });
  mkdirSync(join(cwd, "src"));
  writeFileSync(join(cwd, "src", "a.txt"), "a", { mode: 0o640 });
  symlinkSync("../../etc/passwd", join(cwd, "out"));
  execFileSync("mkfifo", [join(cwd, "pipe")]);
});
afterEach(() => rmSync(folder, { recursive: true }));

test("copies files, folders and links as they are, and neither pipes nor itself", async () => {
  await makeHome(home, cwd, root, signal);
  const workspace = join(home, "workspace");
  expect(readFileSync(join(workspace, "src", "a.txt"), "utf8")).toBe("a");
  expect(statSync(join(workspace, "src", "a.txt")).mode & 0o777).toBe(0o640);
  expect(readlinkSync(join(workspace, "out"))).toBe("../../etc/passwd");
  expect(existsSync(join(workspace, "pipe"))).toBe(false);
  expect(existsSync(join(workspace, ".bot-bottle"))).toBe(false);
  expect(statSync(workspace).mode & 0o777).toBe(0o755);
});

test("leaves a home that is there as it is", async () => {
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, "note"), "kept");
  await makeHome(home, cwd, root, signal);
  expect(existsSync(join(home, "workspace"))).toBe(false);
  expect(readFileSync(join(home, "note"), "utf8")).toBe("kept");
});

test("stops in the middle when it is interrupted", async () => {
  await expect(makeHome(home, cwd, root, AbortSignal.abort())).rejects.toThrow(/interrupted/);
});

test("says what cannot be copied", async () => {
  await expect(makeHome(home, join(folder, "missing"), root, signal)).rejects.toThrow(/missing: cannot be copied/);
});

test("gives the home away without following the links in it", asRoot, async () => {
  const outside = join(folder, "outside");
  writeFileSync(outside, "the operator's");
  mkdirSync(home, { recursive: true });
  symlinkSync(outside, join(home, "link"));
  await giveHome(home, 2_000_000_001);
  expect(statSync(outside).uid).toBe(0);
  expect(lstatSync(join(home, "link")).uid).toBe(2_000_000_001);
});
