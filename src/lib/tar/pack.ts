// Makes an archive of a file or a folder that may change meanwhile: everything is opened once, without following links.

import { constants, open, readdir, readlink, type FileHandle } from "node:fs/promises";

import { padding, writeHeader, type NewEntry } from "./header.ts";

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK, O_DIRECTORY } = constants;
const PIECE = 262_144;

export interface PackOptions {
  /** What the file or folder is called in the archive; "." for its content alone. */
  readonly as: string;
  readonly uid: number;
  readonly gid: number;
}

/** Links stay links; sockets, pipes and devices stay out. Throws when something cannot be read. */
export async function* pack(from: string, options: PackOptions): AsyncGenerator<Buffer> {
  yield* packOne(from, options.as, options);
  yield Buffer.alloc(1024);
}

type Owner = Pick<NewEntry, "uid" | "gid">;

async function* packOne(at: string, path: string, owner: Owner): AsyncGenerator<Buffer> {
  const opened = await openOrLink(at);
  if (opened === undefined) return;
  const base = { path, target: "", size: 0, uid: owner.uid, gid: owner.gid };
  if (typeof opened === "string") {
    yield writeHeader({ ...base, kind: "link", mode: 0o777, target: opened, modified: new Date(0) });
    return;
  }
  try {
    const { mode, size, mtime: modified } = await opened.stat();
    if ((mode & S_IFMT) === S_IFDIR) {
      yield writeHeader({ ...base, kind: "folder", mode, modified });
      const held = `/proc/self/fd/${opened.fd}`;
      for (const name of await readdir(held)) yield* packOne(`${held}/${name}`, `${path}/${name}`, owner);
    } else if ((mode & S_IFMT) === S_IFREG) {
      yield writeHeader({ ...base, kind: "file", mode, size, modified });
      yield* contentOf(opened, size);
      yield padding(size);
    }
  } finally {
    await opened.close();
  }
}

const S_IFMT = 0o170000;
const S_IFDIR = 0o040000;
const S_IFREG = 0o100000;

/** A link's target; undefined for what cannot be opened because of what it is. */
async function openOrLink(at: string): Promise<FileHandle | string | undefined> {
  for (const flags of [O_NONBLOCK, O_DIRECTORY]) {
    try {
      // oxlint-disable-next-line no-await-in-loop -- the second is tried only after the first
      return await open(at, O_RDONLY | O_NOFOLLOW | flags);
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : "";
      if (code === "ELOOP") return readlink(at);
      if (code === "ENXIO") return undefined; // a socket
      if (code !== "EISDIR") throw error;
    }
  }
  return undefined;
}

/** Exactly `size` bytes, as the header promised: a file that shrank is filled up, one that grew is cut. */
async function* contentOf(file: FileHandle, size: number): AsyncGenerator<Buffer> {
  let left = size;
  while (left > 0) {
    const piece = Buffer.alloc(Math.min(PIECE, left));
    const { bytesRead } = await file.read(piece, 0, piece.length, null);
    if (bytesRead === 0) {
      for (; left > 0; left -= PIECE) yield Buffer.alloc(Math.min(PIECE, left));
      return;
    }
    left -= bytesRead;
    yield piece.subarray(0, bytesRead);
  }
}
