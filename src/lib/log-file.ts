// One source's log: {at, source, text} a line, rotated once, so that a bottle's logs never fill the disk.

import { mkdir, open, rename, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";

import { plainLine } from "#domain/plain-text.ts";

const ROTATE_AT = 8 * 1_048_576;
/** Written at once at most; many short lines share a write. */
const CHUNK = 262_144;
const LINE_LIMIT = 16_384;

export interface LogFile {
  write(text: string, at: Date): void;
  /** Bytes that still wait for the disk: a writer of much waits for `drained` when this grows. */
  backlog(): number;
  /** Resolves once nothing waits: what the disk did not take is lost by then. */
  drained(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Appends to `path`. A disk that is full costs lines, never the writer: `lost` is told why, and the log itself says how
 * many are missing once it can be written again.
 */
export function openLog(path: string, source: string, lost: (reason: string) => void = () => {}): LogFile {
  const queue: Buffer[] = [];
  let waiting = 0;
  let flushing: Promise<void> | undefined;
  let missing = 0;
  const file = rotatingFile(path);

  const flush = async (): Promise<void> => {
    while (queue.length > 0) {
      const chunk = takeChunk(queue);
      const note =
        missing === 0 ? [] : [lineOf(source, `[lines lost, which the disk did not take: ${missing}]`, new Date())];
      try {
        await file.append(Buffer.concat([...note, ...chunk]));
        missing = 0;
      } catch (error) {
        missing += chunk.length;
        lost(error instanceof Error ? error.message : String(error));
      }
      waiting -= chunk.reduce((sum, { length }) => sum + length, 0);
    }
    flushing = undefined;
  };
  const drained = async (): Promise<void> => {
    await flushing; // it takes what is written meanwhile as well
  };
  return {
    write(text, at) {
      const line = lineOf(source, text, at);
      queue.push(line);
      waiting += line.length;
      flushing ??= Promise.resolve().then(flush);
    },
    backlog: () => waiting,
    drained,
    async close() {
      await drained();
      await file.close();
    },
  };
}

function lineOf(source: string, text: string, at: Date): Buffer {
  const plain = plainLine(text);
  const kept =
    plain.length > LINE_LIMIT
      ? `${plain.slice(0, LINE_LIMIT)} [cut: ${plain.length - LINE_LIMIT} more characters]`
      : plain;
  return Buffer.from(`${JSON.stringify({ at: at.toISOString(), source, text: kept })}\n`);
}

/** Lines from the front of `queue`, together no more than CHUNK, but at least one. */
function takeChunk(queue: Buffer[]): Buffer[] {
  let size = 0;
  const end = queue.findIndex((line, index) => (size += line.length) > CHUNK && index > 0);
  return queue.splice(0, end === -1 ? queue.length : end);
}

/** Opened at the first write, and anew after a failure. */
function rotatingFile(path: string) {
  let file: { readonly handle: FileHandle; size: number } | undefined;
  let isTorn = false;
  const reopen = async () => {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const handle = await open(path, "a", 0o600);
    return { handle, size: (await handle.stat()).size };
  };
  const close = async (): Promise<void> => {
    const closing = file?.handle;
    file = undefined;
    await closing?.close();
  };
  const write = async (bytes: Buffer, into: NonNullable<typeof file>): Promise<void> => {
    for (let done = 0; done < bytes.length;) {
      const { bytesWritten } = await into.handle.write(bytes, done);
      done += bytesWritten;
      into.size += bytesWritten;
      isTorn = done < bytes.length;
    }
  };
  return {
    async append(lines: Buffer): Promise<void> {
      try {
        file ??= await reopen();
        if (file.size > 0 && file.size + lines.length > ROTATE_AT) {
          await close();
          await rename(path, `${path}.1`);
          file = await reopen();
        }
        // What a full disk left of a line ends here, and costs the reader only itself.
        await write(isTorn ? Buffer.concat([Buffer.from("\n"), lines]) : lines, file);
      } catch (error) {
        await close();
        throw error;
      }
    },
    close,
  };
}
