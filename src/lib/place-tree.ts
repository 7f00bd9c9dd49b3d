// Puts a finished file or folder in its place, into what is there already, without following a link: the place may be in a
// folder that an agent changes at the same time.

import { constants, lstat, open, readdir, rename, rmdir } from "node:fs/promises";

import { BottleError } from "#domain/bottle-error.ts";

import { isErrno } from "./atomic-file.ts";

const { O_RDONLY, O_NOFOLLOW, O_DIRECTORY } = constants;

/** `parent` leads to an open folder (/proc/self/fd/N) on the same file system as `staged`. Folders are merged. */
export async function placeTree(staged: string, parent: string, name: string): Promise<void> {
  const target = `${parent}/${name}`;
  const [source, there] = [await lstat(staged), await lstatOrNothing(target)];
  if (there === undefined || (!source.isDirectory() && !there.isDirectory())) return rename(staged, target);
  if (source.isDirectory() !== there.isDirectory()) {
    throw new BottleError("conflict", there.isDirectory() ? "is a folder already" : "is there already and no folder", {
      where: name,
    });
  }
  const folder = await open(target, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  try {
    const held = `/proc/self/fd/${folder.fd}`;
    for (const child of await readdir(staged)) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other: a tree may be large
      await placeTree(`${staged}/${child}`, held, child);
    }
  } finally {
    await folder.close();
  }
  await rmdir(staged);
}

async function lstatOrNothing(path: string) {
  try {
    return await lstat(path);
  } catch (error) {
    if (isErrno(error, "ENOENT")) return undefined;
    throw error;
  }
}
