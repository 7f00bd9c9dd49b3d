// The last part of copying out of a bottle: what came out was staged beside its place, and is moved there.

import { randomBytes } from "node:crypto";
import { constants, lstat, mkdir, open, readdir, stat } from "node:fs/promises";
import { join } from "node:path";

import { BottleError } from "#domain/bottle-error.ts";
import { isErrno } from "#lib/atomic-file.ts";
import { placeTree } from "#lib/place-tree.ts";
import { removeTree } from "#lib/remove-tree.ts";

import { parseDestination, placeOf, type Source } from "./paths.ts";

const { O_RDONLY, O_DIRECTORY } = constants;

/**
 * `stage` fills a new folder with one entry, which is the source; what it returns is returned. Nothing is at the
 * destination before all of it came.
 */
export async function copyToHost<T>(
  source: Source,
  to: string,
  cwd: string,
  stage: (folder: string) => Promise<T>,
): Promise<T> {
  const destination = parseDestination(to, cwd);
  const there = await whatIs(destination.path);
  const beside = there === "folder" ? destination.path : join(destination.path, "..");
  const folder = join(beside, `.bottle-dash-${randomBytes(6).toString("hex")}`);
  try {
    await mkdir(folder, { mode: 0o700 }).catch((cause: unknown) => {
      const why = isErrno(cause, "ENOENT") ? "there is no such folder" : "cannot be written to";
      throw new BottleError(isErrno(cause, "ENOENT") ? "not-found" : "failed", why, { where: beside, cause });
    });
    const result = await stage(folder);
    const [name] = await readdir(folder);
    if (name === undefined) throw new BottleError("failed", "nothing came out of the bottle", { where: source.path });
    const staged = join(folder, name);
    const isFolder = (await lstat(staged)).isDirectory();
    const place = placeOf({ ...source, isFolder }, destination, there);
    const parent = await open(place.folder, O_RDONLY | O_DIRECTORY);
    try {
      await placeTree(staged, `/proc/self/fd/${parent.fd}`, place.name);
    } finally {
      await parent.close();
    }
    return result;
  } finally {
    await removeTree(folder);
  }
}

async function whatIs(path: string): Promise<"folder" | "other" | "nothing"> {
  try {
    return (await stat(path)).isDirectory() ? "folder" : "other";
  } catch (error) {
    if (isErrno(error, "ENOENT")) return "nothing";
    throw error;
  }
}
