// One build of an image at a time, whoever wants it: in this process and among all that share the root folder.

import { join } from "node:path";

import { sha256 } from "#lib/hash.ts";
import { rootPaths } from "#lib/paths.ts";
import { withLock } from "#lib/store/lock.ts";

import type { Engine } from "../engine/engine.ts";

/** Longer than any build takes that somebody waits for, in milliseconds. */
const WAIT_MS = 3_600_000;

export async function buildOnce<T>(root: string, engine: Engine, tag: string, build: () => Promise<T>): Promise<T> {
  const name = `.build-${sha256(`${engine.host}\n${tag}`).slice(0, 16)}.lock`;
  return withLock(join(rootPaths(root).state, name), build, WAIT_MS);
}
