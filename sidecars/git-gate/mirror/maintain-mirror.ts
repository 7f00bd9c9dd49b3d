// Keeps a mirror quick: each fetch and push leaves a pack, and many small ones are joined now and then.

import { readdir } from "node:fs/promises";
import { join } from "node:path";

import type { GatePaths } from "../gate-paths.ts";
import { gitEnvironment } from "../git/environment.ts";
import { takeLock, type HeldLock } from "../git/lock.ts";
import { runGit } from "../git/run-git.ts";

const MOST_PACKS = 30;
const LONGEST_MS = 10 * 60_000;

/** True when there was something to do, and it was done. Gives way to whoever works on the mirror. */
export async function maintainMirror(name: string, paths: GatePaths, mostPacks = MOST_PACKS): Promise<boolean> {
  const mirror = paths.mirror(name);
  const files = await readdir(join(mirror, "objects/pack")).catch(() => []);
  if (files.filter((file) => file.endsWith(".pack")).length <= mostPacks) return false;
  let lock: HeldLock;
  try {
    lock = await takeLock(paths.lock(name), 0);
  } catch {
    return false; // a push or a fetch is at it: later
  }
  try {
    const options = { env: gitEnvironment(paths), timeoutMs: LONGEST_MS, inherit: lock.descriptor };
    const { code } = await runGit([`--git-dir=${mirror}`, "repack", "-q", "-d", "--geometric=2"], options);
    if (code === 0) await runGit([`--git-dir=${mirror}`, "pack-refs", "--all"], options);
    return code === 0;
  } finally {
    lock.release();
  }
}
