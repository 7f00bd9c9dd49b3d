// Makes one bare mirror, or mends what a killed gate left of it. What cannot be mended is made anew: the upstream has it all.

import { chmod, mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { join } from "node:path";

import { writeAtomic } from "#lib/atomic-file.ts";

import type { GatePaths } from "../gate-paths.ts";
import { gitEnvironment } from "../git/environment.ts";
import { takeLock } from "../git/lock.ts";
import { runGit } from "../git/run-git.ts";
import { hookScript } from "./hook-script.ts";
import { mirrorConfig } from "./mirror-config.ts";

export interface MirrorOptions {
  readonly paths: GatePaths;
  readonly maxPackBytes: number;
  /** The program that judges a push; executed by the Node that runs the gate. */
  readonly hookProgram: string;
  readonly say: (text: string) => void;
}

/** A push that outlived the last gate ends within this, or is waited for by the next start. */
const LOCK_SECONDS = 60;
const CHECK_MS = 120_000;
const LOCAL_MS = 30_000;

/** Marks the mirror as in use, until `closeMirror`. */
export async function openMirror(name: string, options: MirrorOptions): Promise<void> {
  const { paths, say } = options;
  const mirror = paths.mirror(name);
  const lock = await takeLock(paths.lock(name), LOCK_SECONDS);
  try {
    await removeUnfinished(paths, name);
    if (existsSync(mirror)) {
      await removeLeftovers(mirror);
      await configure(mirror, options);
      const wrong = await whatIsWrong(name, paths);
      if (wrong !== undefined) {
        say(`the mirror of ${name} is made anew: ${wrong}`);
        await rm(mirror, { recursive: true, force: true });
      }
    }
    if (!existsSync(mirror)) await makeMirror(name, options);
    await writeFile(paths.inUse(name), "", { mode: 0o600 });
  } finally {
    lock.release();
  }
}

/** Nothing runs on it any more: the next start need not look at its objects. */
export async function closeMirror(name: string, paths: GatePaths): Promise<void> {
  await rm(paths.inUse(name), { force: true });
}

/** Made beside its place and renamed: under its name there is never half a mirror. */
async function makeMirror(name: string, options: MirrorOptions): Promise<void> {
  const { paths } = options;
  const making = `${paths.mirror(name)}.making`;
  for (const folder of ["objects/info", "objects/pack", "refs/heads", "refs/tags", "hooks", "info"]) {
    // oxlint-disable-next-line no-await-in-loop -- parents first
    await mkdir(join(making, folder), { recursive: true, mode: 0o700 });
  }
  await writeFile(join(making, "HEAD"), "ref: refs/heads/main\n", { mode: 0o600 });
  await configure(making, options);
  await rename(making, paths.mirror(name));
}

/** Settings and hooks are ours alone: whatever else stands there goes. */
async function configure(mirror: string, { maxPackBytes, hookProgram }: MirrorOptions): Promise<void> {
  const hooks = join(mirror, "hooks");
  const foreign = [
    "objects/info/alternates",
    "objects/info/http-alternates",
    "config.worktree",
    "info/attributes",
    "info/grafts",
  ];
  await Promise.all(foreign.map((path) => rm(join(mirror, path), { force: true })));
  await mkdir(hooks, { recursive: true, mode: 0o700 });
  const others = (await readdir(hooks)).filter((name) => name !== "pre-receive");
  await Promise.all(others.map((name) => rm(join(hooks, name), { recursive: true, force: true })));
  await writeAtomic(join(hooks, "pre-receive"), hookScript(process.execPath, hookProgram), 0o700);
  await chmod(join(hooks, "pre-receive"), 0o700);
  await writeAtomic(join(mirror, "config"), mirrorConfig({ maxPackBytes }));
}

async function removeUnfinished(paths: GatePaths, name: string): Promise<void> {
  await rm(`${paths.mirror(name)}.making`, { recursive: true, force: true });
}

/** Whoever holds the mirror's lock knows that no process of a gate is at work on its refs: lock files are of dead ones. */
async function removeLeftovers(mirror: string): Promise<void> {
  const isStale = (path: string): boolean =>
    path.endsWith(".lock") ||
    /^objects\/(?:tmp_objdir-|incoming-)[^/]*$/.test(path) ||
    /(?:^|\/)tmp_(?:pack|idx|obj|rev)_[^/]*$/.test(path);
  const places = ["", "objects", "objects/pack", "objects/info"].map((folder) => ({ folder, recursive: false }));
  for (const { folder, recursive } of [...places, { folder: "refs", recursive: true }]) {
    // oxlint-disable-next-line no-await-in-loop -- a handful of folders
    const names = await readdir(join(mirror, folder), { recursive }).catch(() => []);
    const stale = names.map((name) => join(folder, name)).filter(isStale);
    // oxlint-disable-next-line no-await-in-loop -- a handful of folders
    await Promise.all(stale.map((path) => rm(join(mirror, path), { recursive: true, force: true })));
  }
}

/** Objects are looked at only after a gate was killed: it takes long where there are many. */
async function whatIsWrong(name: string, paths: GatePaths): Promise<string | undefined> {
  const env = gitEnvironment(paths);
  const ask = (timeoutMs: number, ...args: string[]) =>
    runGit([`--git-dir=${paths.mirror(name)}`, ...args], { env, timeoutMs });
  if ((await ask(LOCAL_MS, "rev-parse", "--is-bare-repository")).stdout.trim() !== "true") return "it is no repository";
  const refs = await ask(LOCAL_MS, "for-each-ref", "--format=%(objecttype)");
  if (refs.code !== 0) return "a ref names what is not there";
  if (!existsSync(paths.inUse(name))) return undefined;
  const { code, timedOut } = await ask(CHECK_MS, "fsck", "--connectivity-only", "--no-dangling", "--no-progress");
  return code === 0 || timedOut ? undefined : "objects are missing";
}
