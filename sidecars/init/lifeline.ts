// The bundle lives as long as somebody holds its lifeline: the agent's entrypoint by a connection on the bottle's network,
// or whoever replaces the agent by a request on the health socket. When nobody has for a while, the agent is gone.

import { createServer, type Socket } from "node:net";

import { BottleError } from "#domain/bottle-error.ts";

export interface LifelinePatience {
  /** After the last holder left: an entrypoint that is replaced comes back by then. */
  readonly gapMs: number;
  /** Before the first one, from the moment at which the launcher let go of our standard input. */
  readonly firstMs: number;
}

const LIFELINE: LifelinePatience = { gapMs: 15_000, firstMs: 60_000 };

export interface Lifeline {
  /** Somebody holds it; returns how they let go, which may be called again. */
  hold(): () => void;
  /** Nobody writes to us any more: without a holder by now, the wait for the first one begins. */
  launcherLeft(): void;
  close(): void;
}

/** Calls `gone` at most once. */
export function newLifeline(gone: () => void, { gapMs, firstMs }: LifelinePatience = LIFELINE): Lifeline {
  let holders = 0;
  let everHeld = false;
  let over = false;
  let timer: NodeJS.Timeout | undefined;
  const waitFor = (ms: number): void => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (!over) gone();
      over = true;
    }, ms);
  };
  return {
    hold() {
      everHeld = true;
      holders += 1;
      clearTimeout(timer);
      let held = true;
      return () => {
        if (!held) return;
        held = false;
        holders -= 1;
        if (holders === 0 && !over) waitFor(gapMs);
      };
    },
    launcherLeft() {
      if (!everHeld && !over) waitFor(firstMs);
    },
    close() {
      over = true;
      clearTimeout(timer);
    },
  };
}

/** More than any bottle needs: one entrypoint, and for a moment its successor. */
const MOST_HOLDERS = 16;
/** A container that is destroyed may never say goodbye; the kernel then asks for about ten seconds more. */
const ALIVE_MS = 2000;

/** Each connection holds; what is said on it is thrown away. Throws `failed` when it cannot listen there. */
export async function serveLifeline(lifeline: Lifeline, at: { host: string; port: number }): Promise<() => void> {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    const letGo = lifeline.hold();
    open.add(socket);
    socket.setKeepAlive(true, ALIVE_MS);
    socket.on("error", () => {}); // `close` follows
    socket.on("end", () => socket.destroy());
    socket.on("close", () => {
      open.delete(socket);
      letGo();
    });
    socket.resume();
  });
  server.maxConnections = MOST_HOLDERS;
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) =>
      reject(new BottleError("failed", `cannot listen: ${cause.message}`, { where: `${at.host}:${at.port}`, cause })),
    );
    server.listen(at, resolve);
  });
  return () => {
    server.close();
    for (const socket of open) socket.destroy();
  };
}
