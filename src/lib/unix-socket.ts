// Unix sockets whose path may be longer than the 107 bytes that the kernel takes: such a one is reached through its
// folder's descriptor, /proc/self/fd/N/name.

import { chmodSync, closeSync, mkdirSync, openSync, rmSync } from "node:fs";
import { connect, type Server, type Socket } from "node:net";
import { basename, dirname } from "node:path";

const KERNEL_LIMIT = 107;

/** Listens on `path` with mode 0600 (or `mode`), replacing a socket that a dead process left there. */
export async function listenUnix(server: Server, path: string, mode = 0o600): Promise<void> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  rmSync(path, { force: true });
  const short = shorten(path);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(short.path, () => {
        server.off("error", reject);
        resolve();
      });
    });
    chmodSync(path, mode);
  } finally {
    short.release();
  }
}

/** A connected socket; rejects with the kernel's error (ENOENT, ECONNREFUSED: nobody listens). */
export async function connectUnix(path: string, options: { allowHalfOpen?: boolean } = {}): Promise<Socket> {
  const short = shorten(path);
  try {
    return await new Promise<Socket>((resolve, reject) => {
      const socket = connect({ path: short.path, ...options });
      socket.once("error", reject);
      socket.once("connect", () => {
        socket.off("error", reject);
        resolve(socket);
      });
    });
  } finally {
    short.release();
  }
}

function shorten(path: string): { path: string; release: () => void } {
  if (Buffer.byteLength(path) <= KERNEL_LIMIT) return { path, release: () => {} };
  const folder = openSync(dirname(path), "r");
  return { path: `/proc/self/fd/${folder}/${basename(path)}`, release: () => closeSync(folder) };
}
