// Reads the definition files of one folder. Never follows a repository's links, never waits on a pipe or a device.

import { constants } from "node:fs";
import { lstat, open, readdir } from "node:fs/promises";
import { join } from "node:path";

import type { Problem } from "#domain/problem/problem.ts";
import { plainLine } from "#domain/plain-text.ts";
import { NAME } from "#domain/slug.ts";
import { FILE_LIMIT } from "#domain/yaml-text.ts";
import { isErrno } from "#lib/atomic-file.ts";

/** More than these in one folder are not read: what a repository brings must not hold up the dashboard. */
const MAX_FILES = 500;
/** In characters, of all the definitions that a repository brings. */
const MAX_UNTRUSTED = FILE_LIMIT;

export interface ReadFile {
  readonly name: string;
  readonly path: string;
  /** Or why it could not be read. */
  readonly content: { readonly text: string } | { readonly problem: string };
}

/** `trusted`: the operator's own folder, where a link is as good as a file. A folder that is not there is empty. */
export async function readFolder(
  folder: string,
  trusted: boolean,
): Promise<{ files: ReadFile[]; problems: Problem[] }> {
  const problems: Problem[] = [];
  const names = (await listFolder(folder, trusted, problems)).filter((name) => name.endsWith(".md")).toSorted();
  const files: ReadFile[] = [];
  let left = trusted ? Infinity : MAX_UNTRUSTED;
  for (const file of names) {
    const name = file.slice(0, -".md".length);
    const path = join(folder, plainLine(file));
    if (files.length + problems.length >= MAX_FILES || left <= 0) {
      problems.push(warning(folder, `has too many definitions: ${path} and those after it are skipped`));
      break;
    }
    if (!NAME.test(name)) {
      problems.push(warning(path, "is skipped: a definition's file is named with a-z, 0-9 and -, a letter first"));
    } else {
      // oxlint-disable-next-line no-await-in-loop -- one open file at a time is enough, and their order is kept
      const content = await readDefinition(path, trusted);
      left -= "text" in content ? content.text.length : 0;
      files.push({ name, path, content });
    }
  }
  return { files, problems };
}

/** The text of one definition file, or why it cannot be had. */
export async function readDefinition(path: string, trusted: boolean): Promise<ReadFile["content"]> {
  // Without NONBLOCK, opening a named pipe would wait for its writer.
  const flags = constants.O_RDONLY | constants.O_NONBLOCK | (trusted ? 0 : constants.O_NOFOLLOW);
  try {
    const file = await open(path, flags);
    try {
      const found = await file.stat();
      if (!found.isFile()) return { problem: "is not a file" };
      if (found.size > FILE_LIMIT) return { problem: "is larger than 1 MiB" };
      return decode(await file.readFile());
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isErrno(error, "ELOOP")) return { problem: "is a symbolic link; a repository's definitions must be files" };
    return { problem: `cannot be read (${error instanceof Error ? plainLine(error.message) : "unknown error"})` };
  }
}

function decode(bytes: Uint8Array): ReadFile["content"] {
  try {
    return { text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch {
    return { problem: "is not UTF-8 text" };
  }
}

async function listFolder(folder: string, trusted: boolean, problems: Problem[]): Promise<string[]> {
  try {
    if (!trusted && (await lstat(folder)).isSymbolicLink()) {
      problems.push(warning(folder, "is ignored: a repository's definitions must not be a symbolic link"));
      return [];
    }
    return await readdir(folder);
  } catch (error) {
    if (!isErrno(error, "ENOENT")) problems.push({ ...warning(folder, "cannot be read"), severity: "error" });
    return [];
  }
}

function warning(path: string, message: string): Problem {
  return { severity: "warning", path, message };
}
