// One source's log: {at, source, text} a line, rotated once, so that a bottle's logs never fill the disk.

import { createWriteStream, mkdirSync, renameSync, statSync, type WriteStream } from "node:fs";
import { dirname } from "node:path";

import { plainLine } from "#domain/plain-text.ts";

const ROTATE_AT = 8 * 1_048_576;
const LINE_LIMIT = 16_384;

export interface LogFile {
  write(text: string, at: Date): void;
  /** Characters that still wait for the disk: a writer of much waits for `drained` when this grows. */
  backlog(): number;
  /** Resolves once nothing waits, or the disk has failed. */
  drained(): Promise<void>;
  close(): Promise<void>;
}

/** Appends to `path`; a disk that is full costs lines, never the writer (`lost` counts them). */
export function openLog(path: string, source: string, lost: (reason: string) => void = () => {}): LogFile {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  let size = sizeOf(path);
  let stream = appendTo(path, lost);
  return {
    write(text, at) {
      const plain = plainLine(text);
      const kept = plain.length > LINE_LIMIT ? `${plain.slice(0, LINE_LIMIT)} [cut: ${plain.length - LINE_LIMIT} more characters]` : plain;
      const line = `${JSON.stringify({ at: at.toISOString(), source, text: kept })}\n`;
      if (size + line.length > ROTATE_AT) {
        stream.end();
        renameSync(path, `${path}.1`);
        stream = appendTo(path, lost);
        size = 0;
      }
      size += line.length;
      stream.write(line);
    },
    backlog: () => stream.writableLength,
    drained: () => drained(stream),
    close: () => new Promise((resolve) => stream.end(resolve)),
  };
}

function appendTo(path: string, lost: (reason: string) => void): WriteStream {
  const stream = createWriteStream(path, { flags: "a", mode: 0o600 });
  stream.on("error", (error) => lost(error.message));
  return stream;
}

function drained(stream: WriteStream): Promise<void> {
  if (stream.writableLength === 0 || stream.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      stream.off("drain", done).off("close", done);
      resolve();
    };
    stream.on("drain", done).on("close", done);
  });
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
