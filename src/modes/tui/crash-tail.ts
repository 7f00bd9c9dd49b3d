// The end of a crash log, and what is added to it while it is shown.

import { closeSync, fstatSync, openSync, readSync, watch } from "node:fs";

import { plainLines } from "#domain/plain-text.ts";

const TAIL_BYTES = 65_536;

export interface FileTail {
  readonly path: string;
  lines(): readonly string[];
  problem(): string | null;
  close(): void;
}

export function followFile(path: string, changed: () => void): FileTail {
  let lines: readonly string[] = [];
  let problem: string | null = null;
  const read = (): void => {
    try {
      lines = plainLines(tailOf(path));
      problem = null;
    } catch (error) {
      problem = `cannot be read: ${error instanceof Error ? error.message : String(error)}`;
    }
  };
  read();
  const watcher = problem === null ? watch(path, () => (read(), changed())) : undefined;
  watcher?.on("error", () => watcher.close());
  return { path, lines: () => lines, problem: () => problem, close: () => watcher?.close() };
}

function tailOf(path: string): string {
  const file = openSync(path, "r");
  try {
    const { size } = fstatSync(file);
    const from = Math.max(0, size - TAIL_BYTES);
    const buffer = Buffer.alloc(Math.min(size, TAIL_BYTES));
    const read = readSync(file, buffer, 0, buffer.length, from);
    const text = buffer.toString("utf8", 0, read).replace(/\n$/, "");
    return from === 0 ? text : `[${from} bytes before this are not shown]\n${text.slice(text.indexOf("\n") + 1)}`;
  } finally {
    closeSync(file);
  }
}
