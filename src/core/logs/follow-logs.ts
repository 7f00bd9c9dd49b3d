// New lines of a bottle's logs as they are written: the folder tells that a file grew, its new bytes are read.
// node:fs watches here, not chokidar: a log grows many times in a moment, and chokidar's throttle drops the last edge.

import { mkdirSync, watch } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";

import type { LogLine, LogOptions } from "#contracts/console.ts";
import { isErrno } from "#lib/atomic-file.ts";
import { splitLines, type LineSplitter } from "#lib/lines.ts";

import { parseLogLine, readLogs, sourceOf } from "./read-log.ts";

/**
 * Calls `line` for what there is and then, when `follow`, for what comes, until `signal` aborts. `caughtUp` is called once,
 * between the two.
 */
export async function followLogs(
  folder: string,
  options: LogOptions & { readonly caughtUp?: () => void },
  line: (line: LogLine) => void,
  signal: AbortSignal,
): Promise<void> {
  if (options.follow !== true) {
    for (const past of (await readLogs(folder, options)).lines) line(past);
    options.caughtUp?.();
    return;
  }
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const grown = new Set<string>();
  let grow = (path: string): void => void grown.add(path);
  // Watched before it is read, so that nothing falls between.
  const watcher = watch(folder, (_event, name) => name !== null && grow(join(folder, name)));
  try {
    const { lines, offsets } = await readLogs(folder, options);
    for (const past of lines) line(past);
    options.caughtUp?.();
    const tails = new Map<string, Tail>();
    grow = (path) => {
      if (!path.endsWith(".jsonl") || !wanted(path, options)) return;
      const tail = tails.get(path) ?? openTail(path, offsets.get(path) ?? 0, line);
      tails.set(path, tail);
      void tail.read();
    };
    for (const path of grown) grow(path);
    await aborted(signal);
  } finally {
    watcher.close();
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

function wanted(path: string, { sources }: LogOptions): boolean {
  return sources === undefined || sources.includes(sourceOf(path));
}

interface Tail {
  read(): Promise<void>;
}

/** Reads one file from `offset`; a file that was rotated away is finished under its new name first. */
function openTail(path: string, offset: number, line: (line: LogLine) => void): Tail {
  let splitter = lineSplitter(line);
  let inode: bigint | undefined;
  let reading: Promise<void> = Promise.resolve();

  const readOnce = async (): Promise<void> => {
    const file = await openIfThere(path);
    if (file === undefined) return;
    try {
      const { size, ino } = await file.stat({ bigint: true });
      if (inode !== undefined && inode !== ino) {
        await finishRotated(`${path}.1`, inode, offset, splitter);
        splitter = lineSplitter(line);
        offset = 0;
      }
      inode = ino;
      if (BigInt(offset) > size) offset = 0; // replaced before it was ever opened here
      offset = await readFrom(file, offset, Number(size), splitter);
    } finally {
      await file.close();
    }
  };
  return { read: () => (reading = reading.then(readOnce)) };
}

function lineSplitter(line: (line: LogLine) => void): LineSplitter {
  return splitLines((text) => {
    const parsed = parseLogLine(text);
    if (parsed !== undefined) line(parsed);
  });
}

async function finishRotated(path: string, inode: bigint, offset: number, into: LineSplitter): Promise<void> {
  const file = await openIfThere(path);
  if (file === undefined) return;
  try {
    const { size, ino } = await file.stat({ bigint: true });
    if (ino === inode) await readFrom(file, offset, Number(size), into);
  } finally {
    await file.close();
  }
}

type File = Awaited<ReturnType<typeof open>>;

async function readFrom(file: File, offset: number, size: number, into: LineSplitter): Promise<number> {
  const block = Buffer.alloc(65_536);
  while (offset < size) {
    const { bytesRead } = await file.read(block, 0, Math.min(block.length, size - offset), offset);
    if (bytesRead === 0) break;
    into.push(block.subarray(0, bytesRead));
    offset += bytesRead;
  }
  return offset;
}

async function openIfThere(path: string): Promise<File | undefined> {
  try {
    return await open(path, "r");
  } catch (error) {
    if (isErrno(error, "ENOENT")) return undefined;
    throw error;
  }
}
