// Reads a small file that an agent wrote in its home. Everything there is hostile: links, pipes and swapped folders lead
// nowhere, since each part of the path is opened by itself, below the folder that is open already.

import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";

import { isErrno } from "#lib/atomic-file.ts";

export type AgentFile =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "absent" }
  | { readonly kind: "refused"; readonly why: string };

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK } = constants;

/** `path`: below `home`, with `/`. At most `limit` bytes. Throws for what is wrong with `home` itself. */
export async function readAgentFile(home: string, path: string, limit: number): Promise<AgentFile> {
  const folders = path.split("/");
  const name = folders.pop() ?? "";
  let at = await open(home, O_RDONLY | O_DIRECTORY);
  try {
    for (const folder of folders) {
      // oxlint-disable-next-line no-await-in-loop -- each is opened below the one before
      const next = await openBelow(at, folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
      if (!isHandle(next)) return next;
      // oxlint-disable-next-line no-await-in-loop -- see above
      await at.close();
      at = next;
    }
    const file = await openBelow(at, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    if (!isHandle(file)) return file;
    try {
      return await readWhole(file, limit);
    } finally {
      await file.close();
    }
  } finally {
    await at.close();
  }
}

async function openBelow(
  folder: FileHandle,
  name: string,
  flags: number,
): Promise<FileHandle | Exclude<AgentFile, { kind: "text" }>> {
  try {
    return await open(`/proc/self/fd/${folder.fd}/${name}`, flags);
  } catch (error) {
    if (isErrno(error, "ENOENT")) return { kind: "absent" };
    if (isErrno(error, "ELOOP")) return { kind: "refused", why: "is a link" };
    if (isErrno(error, "ENOTDIR"))
      return { kind: "refused", why: "lies behind a link or a file where a folder belongs" };
    if (isErrno(error, "EACCES")) return { kind: "refused", why: "may not be read" };
    return { kind: "refused", why: "cannot be opened" };
  }
}

async function readWhole(file: FileHandle, limit: number): Promise<AgentFile> {
  const before = await file.stat({ bigint: true });
  if (!before.isFile()) return { kind: "refused", why: "is no file" };
  if (before.size > BigInt(limit)) return { kind: "refused", why: "is too large" };
  const buffer = Buffer.alloc(limit + 1);
  let length = 0;
  while (length < buffer.length) {
    // oxlint-disable-next-line no-await-in-loop -- one read after the other
    const { bytesRead } = await file.read(buffer, length, buffer.length - length, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  if (length > limit) return { kind: "refused", why: "is too large" };
  const after = await file.stat({ bigint: true });
  if (after.size !== BigInt(length) || after.mtimeNs !== before.mtimeNs)
    return { kind: "refused", why: "is being written" };
  try {
    return { kind: "text", text: new TextDecoder("utf-8", { fatal: true }).decode(buffer.subarray(0, length)) };
  } catch {
    return { kind: "refused", why: "is no text" };
  }
}

function isHandle(opened: FileHandle | AgentFile): opened is FileHandle {
  return !("kind" in opened);
}
