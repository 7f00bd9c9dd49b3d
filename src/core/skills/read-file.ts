// Reads one file that must lie within a folder, whatever somebody does to that folder meanwhile.

import { constants } from "node:fs";
import { type FileHandle, open, readlink, realpath, stat } from "node:fs/promises";
import { sep } from "node:path";

import { isErrno } from "#lib/atomic-file.ts";

export type Read =
  | { readonly content: Uint8Array; readonly isExecutable: boolean; readonly isHardLinked: boolean }
  | { readonly problem: ReadProblem };

/** changed: somebody wrote there meanwhile, or tried to have another file read. */
export type ReadProblem =
  | "leads out"
  | "leads nowhere"
  | "leads to itself"
  | "denied"
  | "changed"
  | "no file"
  | "too large";

/**
 * `folder` is a real path. A link is followed as long as it ends within it. Neither opening without links nor looking the path up
 * is enough by itself, since a folder on the way can be exchanged for a link between the two: what was opened is asked where it
 * stands. A hard link is no other file than the one elsewhere: that is told, and cannot be judged.
 */
export async function readWithin(folder: string, path: string, most: number): Promise<Read> {
  const real = await realpath(path).catch((error: unknown) => error);
  if (typeof real !== "string") return { problem: isErrno(real, "ELOOP") ? "leads to itself" : "leads nowhere" };
  if (!isWithin(folder, real)) return { problem: "leads out" };
  let file: FileHandle;
  try {
    // A pipe in its place must not hold the launch.
    file = await open(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    return { problem: isErrno(error, "EACCES") ? "denied" : "changed" };
  }
  try {
    return (await isStillAt(file, folder, real)) ? await readWhole(file, most) : { problem: "changed" };
  } finally {
    await file.close();
  }
}

function isWithin(folder: string, path: string): boolean {
  return path.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`);
}

async function isStillAt(file: FileHandle, folder: string, path: string): Promise<boolean> {
  // Linux knows where an open file stands, whatever its path leads to by now.
  const standing = await readlink(`/proc/self/fd/${file.fd}`).catch(() => undefined);
  if (standing !== undefined) return isWithin(folder, standing);
  // Elsewhere the path is looked up again, and must lead to the same file: somebody quick enough could exchange it twice.
  const now = await realpath(path).catch(() => "");
  if (!isWithin(folder, now)) return false;
  const [opened, found] = await Promise.all([file.stat(), stat(now).catch(() => undefined)]);
  return opened.ino === found?.ino && opened.dev === found.dev;
}

async function readWhole(file: FileHandle, most: number): Promise<Read> {
  const info = await file.stat();
  if (!info.isFile()) return { problem: "no file" };
  const bytes = Buffer.alloc(Math.min(info.size, most) + 1);
  let length = 0;
  while (length < bytes.length) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    const { bytesRead } = await file.read(bytes, length, bytes.length - length, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  if (length > most) return { problem: "too large" };
  if (length !== info.size) return { problem: "changed" };
  return {
    content: bytes.subarray(0, length),
    isExecutable: (info.mode & 0o111) !== 0,
    isHardLinked: info.nlink > 1,
  };
}
