// A mirror as the gate finds it at a start: new, whole, meddled with, or as a killed gate left it. Real git, no upstream.

import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, it } from "vitest";

import { gatePaths, type GatePaths } from "#sidecars/git-gate/gate-paths.ts";
import { gitEnvironment } from "#sidecars/git-gate/git/environment.ts";
import { takeLock } from "#sidecars/git-gate/git/lock.ts";
import { runGit } from "#sidecars/git-gate/git/run-git.ts";
import { hookScript } from "#sidecars/git-gate/mirror/hook-script.ts";
import { maintainMirror } from "#sidecars/git-gate/mirror/maintain-mirror.ts";
import { mirrorConfig } from "#sidecars/git-gate/mirror/mirror-config.ts";
import { closeMirror, openMirror } from "#sidecars/git-gate/mirror/open-mirror.ts";
import { commitAll, git, makeRepository } from "#tests/helpers/git/client.ts";

let root: string;
let paths: GatePaths;
let mirror: string;
let said: string[];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "git-mirror-"));
  paths = gatePaths(root, "demo-abcde");
  mirror = paths.mirror("demo");
  said = [];
  mkdirSync(paths.home, { recursive: true });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const open = () =>
  openMirror("demo", { paths, maxPackBytes: 1000, hookProgram: "/programs/hook.js", say: (text) => said.push(text) });

/** As a fetch would have filled it; the commit's name. */
function fill(): string {
  const source = join(root, "source");
  makeRepository(source, () => writeFileSync(join(source, "a"), "a\n"));
  git(
    mirror,
    "-c",
    "protocol.file.allow=always",
    "fetch",
    "-q",
    "--no-write-fetch-head",
    source,
    "+refs/heads/*:refs/heads/*",
  );
  return git(mirror, "rev-parse", "refs/heads/main");
}

it("is made bare, with our settings and our hook alone", async () => {
  await open();
  expect(readFileSync(join(mirror, "config"), "utf8")).toBe(mirrorConfig({ maxPackBytes: 1000 }));
  expect(git(mirror, "config", "--get", "receive.maxInputSize")).toBe("1000");
  expect(git(mirror, "config", "--get-all", "transfer.hideRefs").split("\n")).toHaveLength(4);
  expect(git(mirror, "rev-parse", "--is-bare-repository")).toBe("true");
  expect(readdirSync(join(mirror, "hooks"))).toEqual(["pre-receive"]);
  expect(statSync(join(mirror, "hooks/pre-receive")).mode & 0o777).toBe(0o700);
  expect(readFileSync(join(mirror, "hooks/pre-receive"), "utf8")).toBe(
    hookScript(process.execPath, "/programs/hook.js"),
  );
});

it("loses whatever else was written into its settings, and keeps its refs", async () => {
  await open();
  const commit = fill();
  writeFileSync(join(mirror, "config"), "[core]\n\tbare = true\n\tsshCommand = evil\n");
  writeFileSync(join(mirror, "config.worktree"), "[core]\n\tpager = evil\n");
  writeFileSync(join(mirror, "hooks/post-receive"), "#!/bin/sh\nevil\n", { mode: 0o755 });
  writeFileSync(join(mirror, "objects/info/alternates"), "/elsewhere\n");

  await open();

  expect(readFileSync(join(mirror, "config"), "utf8")).toBe(mirrorConfig({ maxPackBytes: 1000 }));
  for (const foreign of ["config.worktree", "hooks/post-receive", "objects/info/alternates"]) {
    expect(existsSync(join(mirror, foreign))).toBe(false);
  }
  expect(git(mirror, "rev-parse", "refs/heads/main")).toBe(commit);
  expect(said).toEqual([]);
});

it("is rid of the locks and half packs of dead processes", async () => {
  await open();
  const commit = fill();
  const stale = ["HEAD.lock", "packed-refs.lock", "refs/heads/main.lock", "objects/pack/tmp_pack_abc", "shallow.lock"];
  for (const path of stale) writeFileSync(join(mirror, path), "");
  mkdirSync(join(mirror, "objects/tmp_objdir-incoming-abc/pack"), { recursive: true });

  await open();

  for (const path of [...stale, "objects/tmp_objdir-incoming-abc"]) expect(existsSync(join(mirror, path))).toBe(false);
  expect(git(mirror, "update-ref", "refs/heads/other", commit)).toBe("");
});

it("is made anew when it is no repository, when a ref leads nowhere, and when a killed gate left it without objects", async () => {
  await open();
  writeFileSync(join(mirror, "HEAD"), "");
  await open();
  expect(said.splice(0)).toEqual(["the mirror of demo is made anew: it is no repository"]);

  fill();
  writeFileSync(join(mirror, "refs/heads/broken"), `${"1".repeat(40)}\n`);
  await open();
  expect(said.splice(0)).toEqual(["the mirror of demo is made anew: a ref names what is not there"]);

  rmSync(join(root, "source"), { recursive: true });
  const commit = fill();
  const tree = git(mirror, "rev-parse", `${commit}^{tree}`);
  removeObject(tree);
  await open();
  expect(said.splice(0)).toEqual(["the mirror of demo is made anew: objects are missing"]);
  expect(git(mirror, "for-each-ref")).toBe("");
});

it("is not looked through when the last gate ended in order", async () => {
  await open();
  const commit = fill();
  removeObject(git(mirror, "rev-parse", `${commit}^{tree}`));
  await closeMirror("demo", paths);
  await open();
  expect(said).toEqual([]);
});

it("is not half there when its making was cut short", async () => {
  mkdirSync(`${mirror}.making/objects`, { recursive: true });
  await open();
  expect(existsSync(`${mirror}.making`)).toBe(false);
  expect(git(mirror, "rev-parse", "--is-bare-repository")).toBe("true");
});

it("has its many small packs joined, unless somebody is at work on it", async () => {
  await open();
  const source = join(root, "source");
  makeRepository(source, () => writeFileSync(join(source, "a"), "a\n"));
  for (const name of ["b", "c", "d", "e"]) {
    commitAll(source, () => writeFileSync(join(source, name), name), name);
    git(
      mirror,
      "-c",
      "protocol.file.allow=always",
      "fetch",
      "-q",
      "--no-write-fetch-head",
      source,
      "+refs/heads/*:refs/heads/*",
    );
  }
  const packs = () => readdirSync(join(mirror, "objects/pack")).filter((name) => name.endsWith(".pack")).length;
  expect(packs()).toBe(4);

  const lock = await takeLock(paths.lock("demo"), 0);
  expect(await maintainMirror("demo", paths, 2)).toBe(false);
  lock.release();
  expect(await maintainMirror("demo", paths, 10)).toBe(false);
  expect(await maintainMirror("demo", paths, 2)).toBe(true);

  expect(packs()).toBeLessThan(4);
  expect(git(mirror, "rev-list", "--count", "main")).toBe("5");
});

it("is locked for one at a time, and a lock dies with those who hold it", async () => {
  const path = join(root, "a.lock");
  const held = await takeLock(path, 0);
  await expect(takeLock(path, 0)).rejects.toThrow("a push to it has not ended within 0 s");
  const waiting = takeLock(path, 10);
  held.release();
  held.release();
  (await waiting).release();
  (await takeLock(path, 0)).release();
});

it("is worked on by git without anything of the operator's: no home, no settings, no variables", async () => {
  process.env["GIT_ALTERNATE_OBJECT_DIRECTORIES"] = "/elsewhere";
  process.env["GIT_CONFIG_PARAMETERS"] = "'core.sshCommand=evil'";
  try {
    const env = gitEnvironment(paths);
    const { stdout } = await runGit(["config", "--list", "--show-scope"], { env, cwd: root, timeoutMs: 10_000 });
    expect(stdout).toBe("command\tsafe.directory=*\n");
    expect(Object.keys(env).filter((name) => /ALTERNATE|PARAMETERS|SSH_COMMAND/.test(name))).toEqual([]);
    expect(env["GIT_ALLOW_PROTOCOL"]).toBe("ssh");
  } finally {
    delete process.env["GIT_ALTERNATE_OBJECT_DIRECTORIES"];
    delete process.env["GIT_CONFIG_PARAMETERS"];
  }
});

it("is not waited for without end", async () => {
  const env = gitEnvironment(paths);
  const run = await runGit(["-c", "alias.wait=!sleep 600", "wait"], { env, cwd: root, timeoutMs: 100 });
  expect(run).toMatchObject({ timedOut: true });
  const missing = await runGit(["--version"], { env: { ...env, PATH: "/nowhere" }, timeoutMs: 10_000 });
  expect(missing).toMatchObject({ code: null, stderr: expect.stringContaining("ENOENT") });
});

/** The objects of a small fetch lie in one pack: it is taken apart, and one of them is lost. */
function removeObject(name: string): void {
  const pack = join(mirror, "objects/pack");
  const packs = readdirSync(pack).filter((file) => file.endsWith(".pack"));
  const bytes = packs.map((file) => readFileSync(join(pack, file)));
  for (const file of readdirSync(pack)) rmSync(join(pack, file));
  for (const input of bytes) execFileSync("git", ["unpack-objects", "-q"], { cwd: mirror, input });
  rmSync(join(mirror, "objects", name.slice(0, 2), name.slice(2)));
}
