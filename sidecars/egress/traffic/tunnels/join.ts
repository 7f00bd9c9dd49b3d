// Two sockets become one connection: bytes go both ways with back-pressure, and either side may say that it is done while
// the other goes on.

import type { Socket } from "node:net";

/** Both sockets must allow half-open connections. `moved` may destroy them. */
export function join(client: Socket, server: Socket, moved: (direction: "up" | "down", bytes: number) => void): void {
  flow(client, server, (bytes) => moved("up", bytes));
  flow(server, client, (bytes) => moved("down", bytes));
}

function flow(from: Socket, to: Socket, moved: (bytes: number) => void): void {
  from.on("error", () => {}); // `close` follows
  from.on("data", (chunk: Buffer) => moved(chunk.length));
  from.pipe(to);
  from.once("close", () => {
    // When both directions have ended, what is still being written may finish; else nobody is there to read or to answer.
    if (!(from.readableEnded && to.readableEnded)) to.destroy();
  });
}
