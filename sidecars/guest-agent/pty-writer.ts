// Writes to a terminal whose program may not read. Node's own stream would wait inside the write, and with it everything
// else: an agent that leaves its input unread could so stop our hands.

import { write } from "node:fs";

export interface PtyWriter {
  push(data: string): void;
  /** Bytes that the terminal has not taken yet. */
  waiting(): number;
  /** What waits is dropped. */
  close(): void;
}

const FIRST_RETRY_MS = 5;
const LAST_RETRY_MS = 200;

/** `fd` is non-blocking; the kernel has no way to tell Node that it takes more, so a full one is tried again and again. */
export function ptyWriter(fd: number, firstRetryMs = FIRST_RETRY_MS): PtyWriter {
  let queue: Buffer[] = [];
  let waiting = 0;
  let busy = false;
  let closed = false;
  let patience = firstRetryMs;
  let timer: NodeJS.Timeout | undefined;

  const next = (): void => {
    const [chunk] = queue;
    if (chunk === undefined || closed) {
      busy = false;
      return;
    }
    busy = true;
    write(fd, chunk, 0, chunk.length, null, (error, written) => {
      if (error === null) return took(chunk, written);
      if (error.code !== "EAGAIN") return close(); // EIO: the other side is gone
      timer = setTimeout(next, patience);
      patience = Math.min(LAST_RETRY_MS, patience * 2);
    });
  };
  const took = (chunk: Buffer, written: number): void => {
    patience = firstRetryMs;
    waiting -= written;
    if (written < chunk.length) queue[0] = chunk.subarray(written);
    else queue.shift();
    next();
  };
  const close = (): void => {
    closed = true;
    busy = false;
    queue = [];
    waiting = 0;
    clearTimeout(timer);
  };
  return {
    push(data) {
      if (closed || data === "") return;
      const chunk = Buffer.from(data);
      queue.push(chunk);
      waiting += chunk.length;
      if (!busy) next();
    },
    waiting: () => waiting,
    close,
  };
}
