// Files that are whole or not there: written beside their place, synced, then renamed or linked into it.

import { randomBytes } from "node:crypto";
import { link, mkdir, open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";

import { BottleError } from "#domain/bottle-error.ts";

/** Replaces `path` in one step with `text`, mode 0600, its folder made 0700 when missing. */
export async function writeAtomic(path: string, text: string, mode = 0o600): Promise<void> {
  const temporary = await writeBeside(path, text, mode);
  try {
    await rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true });
    throw writeError(path, error);
  }
}

/** Creates `path` with `text` in one step; false when it is there already, whoever made it. */
export async function createExclusive(path: string, text: string, mode = 0o600): Promise<boolean> {
  const temporary = await writeBeside(path, text, mode);
  try {
    await link(temporary, path);
    await syncFolder(dirname(path));
    return true;
  } catch (error) {
    if (isErrno(error, "EEXIST")) return false;
    throw writeError(path, error);
  } finally {
    await rm(temporary, { force: true });
  }
}

export function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}

async function writeBeside(path: string, text: string, mode: number): Promise<string> {
  const folder = dirname(path);
  const temporary = join(folder, `.tmp-${process.pid}-${randomBytes(6).toString("hex")}`);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const file = await open(temporary, "wx", mode);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    return temporary;
  } catch (error) {
    await rm(temporary, { force: true });
    throw writeError(path, error);
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function writeError(path: string, cause: unknown): BottleError {
  if (isErrno(cause, "ENOSPC") || isErrno(cause, "EDQUOT")) {
    return new BottleError("failed", "the disk is full; nothing was changed", {
      where: path,
      hint: "free some space and try again",
      cause,
    });
  }
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new BottleError("failed", `cannot be written (${reason})`, { where: path, cause });
}
