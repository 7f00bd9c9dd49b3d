// What a bottle's sources have logged so far: the last lines of {at, source, text} files, merged by time.

import { open, readdir } from "node:fs/promises";
import { basename, join } from "node:path";

import type { LogLine, LogOptions } from "#contracts/console.ts";
import { plainLine } from "#domain/plain-text.ts";
import { isErrno } from "#lib/atomic-file.ts";

const BLOCK = 65_536;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/;

/** Where a follower goes on: how many bytes of each file were read. */
export interface LogPosition {
  readonly lines: readonly LogLine[];
  readonly offsets: ReadonlyMap<string, number>;
}

/** The last `tail` lines (all when absent) of the wanted sources in `folder`, oldest first. */
export async function readLogs(folder: string, options: LogOptions): Promise<LogPosition> {
  const files = await logFiles(folder, options.sources);
  const offsets = new Map<string, number>();
  const parts = await Promise.all(
    files.map(async (path) => {
      const { text, size } = await lastLines(path, options.tail ?? Number.POSITIVE_INFINITY);
      offsets.set(path, size);
      return text.map(parseLogLine).filter((line) => line !== undefined);
    }),
  );
  const since = options.since?.toISOString() ?? "";
  const merged = parts
    .flat()
    .filter(({ at }) => at >= since)
    .toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  const first = options.tail === undefined ? 0 : Math.max(0, merged.length - options.tail);
  return { lines: merged.slice(first), offsets };
}

/** Undefined for a line that is not ours: cut short by a crash, or garbage. */
export function parseLogLine(text: string): LogLine | undefined {
  try {
    const line: unknown = JSON.parse(text);
    return isLine(line) ? { at: line.at, source: line.source, text: plainLine(line.text) } : undefined;
  } catch {
    return undefined;
  }
}

/** By hand: it runs for each line of a flood, where a schema takes longer than all the rest together. */
function isLine(value: unknown): value is LogLine {
  if (typeof value !== "object" || value === null) return false;
  const { at, source, text } = value as Record<keyof LogLine, unknown>;
  return typeof at === "string" && TIME.test(at) && typeof source === "string" && typeof text === "string";
}

export function sourceOf(path: string): string {
  return basename(path).replace(/\.jsonl(?:\.1)?$/, "");
}

/** The rotated file of a source stands before its current one. */
async function logFiles(folder: string, sources: readonly string[] | undefined): Promise<string[]> {
  try {
    const names = (await readdir(folder)).filter((name) => /\.jsonl(?:\.1)?$/.test(name));
    return names
      .filter((name) => sources === undefined || sources.includes(sourceOf(name)))
      .toSorted((a, b) => (a < b ? 1 : -1))
      .map((name) => join(folder, name));
  } catch (error) {
    if (isErrno(error, "ENOENT")) return [];
    throw error;
  }
}

async function lastLines(path: string, count: number): Promise<{ text: string[]; size: number }> {
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    const blocks: Buffer[] = [];
    let newlines = 0;
    let position = size;
    while (position > 0 && newlines <= count) {
      const length = Math.min(BLOCK, position);
      position -= length;
      const block = Buffer.alloc(length);
      await file.read(block, 0, length, position);
      blocks.unshift(block);
      for (const byte of block) if (byte === 10) newlines += 1;
    }
    const lines = Buffer.concat(blocks).toString("utf8").split("\n");
    const whole = lines.slice(position > 0 ? 1 : 0, -1);
    // What follows the last newline is still being written: the follower reads it when it is whole.
    const unfinished = Buffer.byteLength(lines.at(-1) ?? "");
    return { text: Number.isFinite(count) ? whole.slice(-count) : whole, size: size - unfinished };
  } finally {
    await file.close();
  }
}
