// The agent's raw output on disk: two files of bounded size, read by byte offset since the agent started.

import { constants } from "node:fs";
import { mkdir, open, rename, rm, stat, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";

export interface Scrollback {
  append(bytes: Uint8Array): void;
  /** Bytes that still wait for the disk. */
  backlog(): number;
  drained(): Promise<void>;
  /** Decoded text from `cursor` on, at most `limit` bytes of it; characters are never split. */
  read(cursor: number, limit: number): Promise<{ data: string; next_cursor: number; truncated: boolean }>;
  close(): Promise<void>;
}

const ROTATE_AT = 4 * 1_048_576;
const ANEW = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_APPEND;

/** Starts `path` anew; what a former run left there becomes `path.1`. */
export async function openScrollback(path: string, rotateAt = ROTATE_AT): Promise<Scrollback> {
  const files = new RotatingFile(path, rotateAt);
  await files.start();
  let queue: Uint8Array[] = [];
  let waiting = 0;
  let writing: Promise<void> | undefined;

  const pump = async (): Promise<void> => {
    while (queue.length > 0) {
      const batch = Buffer.concat(queue);
      queue = [];
      await files.append(batch);
      waiting -= batch.length;
    }
    writing = undefined;
  };
  const drained = async (): Promise<void> => writing;
  return {
    append(bytes) {
      queue.push(bytes);
      waiting += bytes.length;
      writing ??= pump();
    },
    backlog: () => waiting,
    drained,
    async read(cursor, limit) {
      await drained();
      return decode(await files.read(cursor, limit), cursor);
    },
    async close() {
      await drained();
      await files.close();
    },
  };
}

interface Piece {
  readonly bytes: Buffer;
  readonly from: number;
  /** Whether the bytes end where the output ends for now. */
  readonly atEnd: boolean;
}

class RotatingFile {
  private readonly path: string;
  private readonly rotateAt: number;
  private handle: FileHandle | undefined;
  /** Offset of the first byte of the current file, of the one before, and of the next byte to come. */
  private first = 0;
  private older: number | undefined;
  private end = 0;

  constructor(path: string, rotateAt: number) {
    this.path = path;
    this.rotateAt = rotateAt;
  }

  async start(): Promise<void> {
    await mkdir(dirname(this.path), { recursive: true, mode: 0o700 });
    await rename(this.path, `${this.path}.1`).catch(() => {}); // there is none at the first run
    this.handle = await open(this.path, ANEW, 0o600);
  }

  async append(bytes: Buffer): Promise<void> {
    if (this.end - this.first + bytes.length > this.rotateAt && this.end > this.first) await this.rotate();
    try {
      await this.handle?.appendFile(bytes);
      this.end += bytes.length;
    } catch {
      await this.lose(bytes.length); // the disk is full: the agent goes on, this part of its past is lost
    }
  }

  async read(cursor: number, limit: number): Promise<Piece> {
    const oldest = this.older ?? this.first;
    const from = Math.min(Math.max(cursor, oldest), this.end);
    const inOlder = from < this.first;
    const bytes = inOlder
      ? await readAt(`${this.path}.1`, from - oldest, Math.min(limit, this.first - from))
      : await readAt(this.path, from - this.first, Math.min(limit, this.end - from));
    return { bytes, from, atEnd: from + bytes.length >= this.end };
  }

  async close(): Promise<void> {
    await this.handle?.close();
    this.handle = undefined;
  }

  private async rotate(): Promise<void> {
    await this.handle?.close();
    await rename(this.path, `${this.path}.1`);
    this.handle = await open(this.path, ANEW, 0o600);
    this.older = this.first;
    this.first = this.end;
  }

  /** A write that failed may have left a part: begin the file anew after the gap. */
  private async lose(count: number): Promise<void> {
    this.end += count;
    this.first = this.end;
    this.older = undefined;
    await rm(`${this.path}.1`, { force: true });
    await this.handle?.truncate(0).catch(() => {}); // the next append fails and comes here again
  }
}

async function readAt(path: string, position: number, length: number): Promise<Buffer> {
  if (length <= 0) return Buffer.alloc(0);
  const handle = await open(path, "r");
  try {
    const { size } = await stat(path);
    const buffer = Buffer.alloc(Math.max(0, Math.min(length, size - position)));
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, position);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

function decode(
  { bytes, from, atEnd }: Piece,
  cursor: number,
): { data: string; next_cursor: number; truncated: boolean } {
  const start = from === 0 ? 0 : restOfCharacter(bytes);
  let end = bytes.length - incompleteTail(bytes);
  if (atEnd && end <= start) end = bytes.length; // invalid for good, or nothing to wait for
  const data = bytes.subarray(start, Math.max(start, end)).toString("utf8");
  return { data, next_cursor: from + Math.max(start, end), truncated: from > cursor };
}

/** Bytes at the beginning that belong to a character before: a cursor in its middle. */
function restOfCharacter(bytes: Buffer): number {
  let count = 0;
  while (count < Math.min(3, bytes.length) && isContinuation(bytes[count])) count += 1;
  return count;
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}

/** Bytes at the end that begin a character without finishing it. */
function incompleteTail(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] as number;
    if (isContinuation(byte)) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? back : 0;
  }
  return 0;
}
