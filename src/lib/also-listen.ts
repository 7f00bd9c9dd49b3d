// A server that listens on a unix socket listens on an address as well: whoever comes there is one more of its connections.

import { createServer, type Server } from "node:net";

import { BottleError } from "#domain/bottle-error.ts";

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Resolves with what to close. Throws `failed` when it cannot listen there: the address is not ours, or is taken. */
export async function alsoListen(server: Server, at: Address): Promise<Server> {
  const door = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => void server.emit("connection", socket));
  door.maxConnections = server.maxConnections;
  await new Promise<void>((resolve, reject) => {
    door.once("error", (cause) =>
      reject(new BottleError("failed", `cannot listen: ${cause.message}`, { where: `${at.host}:${at.port}`, cause })),
    );
    door.listen(at, resolve);
  });
  return door;
}
