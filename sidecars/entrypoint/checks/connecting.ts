// Tries to reach an address, and says in a word what came back.

import { createSocket } from "node:dgram";
import { connect, type NetConnectOpts } from "node:net";

/** The kernel itself says that there is no way. */
const NO_ROUTE = new Set(["ENETUNREACH", "EADDRNOTAVAIL", "EHOSTUNREACH", "EAFNOSUPPORT", "EACCES", "EPERM"]);

export function isWithoutRoute(result: string): boolean {
  return NO_ROUTE.has(result);
}

/** Nothing got through. Silence is no such thing: something went out, and somebody may have read it. */
export function isUnreached(result: string): boolean {
  return NO_ROUTE.has(result) || result === "ECONNREFUSED";
}

/** "connected", "timeout" or the error's code. */
export function tryConnect(to: NetConnectOpts, patienceMs: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(to);
    const done = (result: string): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(result);
    };
    // On a machine that is busy an answer may lie there already: what has come is looked at first.
    const timer = setTimeout(() => setImmediate(done, "timeout"), patienceMs);
    socket.once("connect", () => done("connected"));
    socket.on("error", (error: NodeJS.ErrnoException) => done(error.code ?? error.message));
  });
}

/** "sent" or the error's code. */
export function trySend(host: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = createSocket(host.includes(":") ? "udp6" : "udp4");
    let over = false;
    const done = (result: string): void => {
      if (!over) socket.close();
      over = true;
      resolve(result);
    };
    socket.on("error", (error: NodeJS.ErrnoException) => done(error.code ?? error.message));
    socket.send("", 53, host, (error: NodeJS.ErrnoException | null) =>
      done(error === null ? "sent" : (error.code ?? error.message)),
    );
  });
}

export interface Target {
  readonly what: string;
  readonly to: NetConnectOpts;
}

export async function tryAll(
  targets: readonly Target[],
  patienceMs: number,
): Promise<{ readonly what: string; readonly result: string }[]> {
  return Promise.all(targets.map(async ({ what, to }) => ({ what, result: await tryConnect(to, patienceMs) })));
}
