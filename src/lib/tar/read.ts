// Reads a tar archive that somebody else made, as it comes.

import { BLOCK, readHeader, readRecords, type Entry, type Extended } from "./header.ts";

export interface ReadEntry extends Entry {
  /** In pieces; what is not read is skipped. */
  readonly content: AsyncIterable<Buffer>;
}

const EXTENDED_LIMIT = 1_048_576;

/** Throws when the archive is damaged, or ends in the middle. */
export async function* readTar(source: AsyncIterable<Buffer>): AsyncGenerator<ReadEntry> {
  const bytes = blocksOf(source);
  let extended: Extended = {};
  for (;;) {
    const block = await bytes.exactly(BLOCK, true);
    if (block === undefined) return; // without the two empty blocks: accepted
    if (block.every((byte) => byte === 0)) return bytes.drain();
    const entry = readHeader(block, extended);
    if (EXTENSIONS.has(entry.type)) {
      if (entry.size > EXTENDED_LIMIT) throw new Error("the archive is damaged: an extended header is too large");
      const content = (await bytes.exactly(entry.size)) as Buffer;
      await bytes.exactly(pad(entry.size));
      extended = Object.assign({}, extended, extension(entry.type, content));
      continue;
    }
    extended = {};
    const size = entry.kind === "file" || entry.kind === "other" ? entry.size : 0;
    const content = contentOf(bytes, size);
    yield { ...entry, size, content };
    for await (const _skipped of content) continue;
    await bytes.exactly(pad(size));
  }
}

/** x: for the next entry; g: for all, of which nothing matters to us; L and K: GNU's long names. */
const EXTENSIONS = new Set(["x", "g", "L", "K"]);

function extension(type: string, content: Buffer): Extended {
  const text = content.toString("utf8").replace(/\0[^]*$/, "");
  if (type === "L") return { path: text };
  if (type === "K") return { linkpath: text };
  return type === "x" ? readRecords(content) : {};
}

function pad(size: number): number {
  return (BLOCK - (size % BLOCK)) % BLOCK;
}

async function* contentOf(bytes: Blocks, size: number): AsyncGenerator<Buffer> {
  let left = size;
  try {
    while (left > 0) {
      const piece = await bytes.some(left);
      left -= piece.length;
      yield piece;
    }
  } finally {
    while (left > 0) left -= (await bytes.some(left)).length;
  }
}

interface Blocks {
  /** Undefined at the end, when that is allowed. */
  exactly(length: number, mayEnd?: boolean): Promise<Buffer | undefined>;
  /** At least one byte, at most so many. */
  some(most: number): Promise<Buffer>;
  drain(): Promise<void>;
}

function blocksOf(source: AsyncIterable<Buffer>): Blocks {
  const iterator = source[Symbol.asyncIterator]();
  let held: Buffer = Buffer.alloc(0);
  const more = async (): Promise<boolean> => {
    const next = await iterator.next();
    if (next.done === true) return false;
    held = held.length === 0 ? next.value : Buffer.concat([held, next.value]);
    return true;
  };
  const take = (length: number): Buffer => {
    const taken = held.subarray(0, length);
    held = held.subarray(length);
    return taken;
  };
  return {
    async exactly(length, mayEnd = false) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      while (held.length < length) {
        if (await more()) continue;
        if (mayEnd && held.length === 0) return undefined;
        throw new Error("the archive ends in the middle");
      }
      return take(length);
    },
    async some(most) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      while (held.length === 0) if (!(await more())) throw new Error("the archive ends in the middle");
      return take(most);
    },
    async drain() {
      do held = Buffer.alloc(0);
      // oxlint-disable-next-line no-await-in-loop -- to the end, so that its writer is not cut off
      while (await more());
    },
  };
}
