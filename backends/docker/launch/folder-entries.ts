// A folder as the entries of an archive. Somebody may change it meanwhile: everything is opened once, without following a
// link in its place, and read from what was opened.

import { constants, open, readdir, readlink, type FileHandle } from "node:fs/promises";
import { join } from "node:path";

import { demandGoOn } from "#lib/launch/steps.ts";

import type { TarEntry } from "../images/tar.ts";

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK, O_DIRECTORY } = constants;
const CHUNK = 262_144;

export interface FolderOptions {
  /** What the folder is called in the archive. */
  readonly as: string;
  /** An absolute path that stays out. */
  readonly without: string;
  readonly signal: AbortSignal;
}

/** Links stay links, wherever they lead; sockets, pipes and devices stay out. */
export function folderEntries(from: string, options: FolderOptions): AsyncGenerator<TarEntry> {
  return heldEntries(from, from, options.as, options);
}

/** `at` leads to the same as `from`, through the descriptor of its parent. */
async function* heldEntries(from: string, at: string, as: string, options: FolderOptions): AsyncGenerator<TarEntry> {
  const folder = await open(at, O_RDONLY | O_DIRECTORY | O_NOFOLLOW).catch(naming(from));
  try {
    const held = `/proc/self/fd/${folder.fd}`;
    const { mode } = await folder.stat();
    yield { type: "folder", path: as, mode: mode & 0o777 };
    for (const entry of await readdir(held, { withFileTypes: true })) {
      demandGoOn(options.signal);
      const [source, here, path] = [join(from, entry.name), join(held, entry.name), `${as}/${entry.name}`];
      if (source === options.without) continue;
      if (entry.isDirectory()) yield* heldEntries(source, here, path, options);
      else if (entry.isSymbolicLink()) {
        yield { type: "link", path, target: await readlink(here).catch(naming(source)) };
      } else if (entry.isFile()) yield* fileEntry(here, path, source, options.signal);
    }
  } finally {
    await folder.close();
  }
}

/** Rejects when `at` is a link or no regular file, also when it became one just now. */
async function* fileEntry(at: string, path: string, source: string, signal: AbortSignal): AsyncGenerator<TarEntry> {
  const file = await open(at, O_RDONLY | O_NOFOLLOW | O_NONBLOCK).catch(naming(source));
  try {
    const stats = await file.stat();
    if (!stats.isFile()) throw new Error(`${source}: is no regular file any more`);
    const { mode, size } = stats;
    yield { type: "file", path, mode: mode & 0o777, size, content: () => contentOf(file, size, signal) };
  } finally {
    await file.close();
  }
}

/** Exactly `size` bytes: what was written since is left out, what was cut off since is filled with zeros. */
async function* contentOf(file: FileHandle, size: number, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  for (let position = 0; position < size;) {
    demandGoOn(signal);
    const chunk = Buffer.alloc(Math.min(CHUNK, size - position));
    const { bytesRead } = await file.read(chunk, 0, chunk.length, position);
    const part = bytesRead === 0 ? chunk : chunk.subarray(0, bytesRead);
    yield part;
    position += part.length;
  }
}

/** An error's own path would be one of ours below /proc. */
function naming(path: string): (cause: unknown) => never {
  return (cause) => {
    const reason = cause instanceof Error ? cause.message.split(", ")[0] : String(cause);
    throw new Error(`${path}: ${reason}`, { cause });
  };
}
