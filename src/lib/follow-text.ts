// The end of a text file, and what is written to it afterwards: for logs that are not ours to parse.

import { watch } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { basename, dirname } from "node:path";

import { splitLines, type LineSplitter } from "./lines.ts";

const BLOCK = 65_536;
const LINE_LIMIT = 16_384;

/** Calls `line` for the last `tail` lines and then, when `follow`, for new ones until `signal` aborts. Throws when `path` cannot be read. */
export async function followText(
  path: string,
  options: { readonly tail: number; readonly follow: boolean },
  line: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const splitter = splitLines(line, LINE_LIMIT);
  const changes = options.follow ? watchFile(path) : undefined;
  try {
    let position = await readEnd(path, options.tail, splitter);
    if (changes === undefined) return splitter.end();
    for await (const changed of changes.until(signal)) position = await readOn(changed, position, splitter);
  } finally {
    changes?.close();
  }
}

/** How far a file was read, and which one: its name may have been given to another since. */
interface Position {
  readonly file: string;
  readonly offset: number;
}

/** Reads from where the last `tail` lines begin. */
async function readEnd(path: string, tail: number, into: LineSplitter): Promise<Position> {
  const file = await open(path, "r");
  try {
    const { identity, size } = await identify(file);
    return { file: identity, offset: await readFrom(file, await startOfTail(file, size, tail), size, into) };
  } finally {
    await file.close();
  }
}

async function readOn(path: string, position: Position, into: LineSplitter): Promise<Position> {
  const file = await open(path, "r").catch(() => undefined); // removed: it may come back
  if (file === undefined) return position;
  try {
    const { identity, size } = await identify(file);
    const anew = identity !== position.file || position.offset > size;
    return { file: identity, offset: await readFrom(file, anew ? 0 : position.offset, size, into) };
  } finally {
    await file.close();
  }
}

/** A number of an inode is used again at once; together with the time it was made it is not. */
async function identify(file: FileHandle): Promise<{ identity: string; size: number }> {
  const { ino, birthtimeNs, size } = await file.stat({ bigint: true });
  return { identity: `${ino} ${birthtimeNs}`, size: Number(size) };
}

async function startOfTail(file: FileHandle, size: number, tail: number): Promise<number> {
  const block = Buffer.alloc(BLOCK);
  let wanted = tail + 1; // the newline before the first line of the tail
  let end = size;
  let last = true;
  while (end > 0) {
    const start = Math.max(0, end - BLOCK);
    // oxlint-disable-next-line no-await-in-loop -- backwards, until enough is found
    await file.read(block, 0, end - start, start);
    if (last && block[end - start - 1] !== 0x0a) wanted -= 1; // a last line without its newline is a line as well
    last = false;
    for (let at = end - start - 1; at >= 0; at--) {
      if (block[at] !== 0x0a) continue;
      wanted -= 1;
      if (wanted === 0) return start + at + 1;
    }
    end = start;
  }
  return 0;
}

async function readFrom(file: FileHandle, offset: number, size: number, into: LineSplitter): Promise<number> {
  const block = Buffer.alloc(BLOCK);
  let at = offset;
  while (at < size) {
    // oxlint-disable-next-line no-await-in-loop -- one block after the other
    const { bytesRead } = await file.read(block, 0, Math.min(BLOCK, size - at), at);
    if (bytesRead === 0) break;
    into.push(block.subarray(0, bytesRead));
    at += bytesRead;
  }
  return at;
}

/** Yields `path` at each change; any number of changes between two reads are one. */
function watchFile(path: string): { until(signal: AbortSignal): AsyncGenerator<string>; close(): void } {
  let changed = true; // what came between the first read and the watch
  let wake: (() => void) | undefined;
  const watcher = watch(dirname(path), (_event, name) => {
    if (name !== null && name !== basename(path)) return;
    changed = true;
    wake?.();
  });
  watcher.on("error", () => wake?.());
  return {
    async *until(signal) {
      signal.addEventListener("abort", () => wake?.(), { once: true });
      while (!signal.aborted) {
        if (!changed) {
          // oxlint-disable-next-line no-await-in-loop -- waits for the next change
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
        if (signal.aborted) return;
        changed = false;
        yield path;
      }
    },
    close: () => watcher.close(),
  };
}
