// A port on the bottle's own loopback that leads to a sidecar: to its unix socket, or to its port on the bottle's network.

import { connect, createServer, type Server, type Socket } from "node:net";

import type { BootTries } from "#domain/boot/protocol.ts";
import { connectUnix } from "#lib/unix-socket.ts";

export type ForwardTarget = BootTries["forwards"][number]["to"];

/** Connects anew each time, so that a sidecar that was restarted is found again. Rejects when the port is taken. */
export async function forward(port: number, to: ForwardTarget): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, (inside) => {
    inside.on("error", () => inside.destroy());
    dial(to).then(
      (outside) => {
        outside.on("error", () => inside.destroy());
        inside.on("close", () => outside.destroy());
        outside.on("close", () => inside.destroy());
        inside.pipe(outside);
        outside.pipe(inside);
      },
      () => inside.destroy(), // the sidecar is down: nothing gets out
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: "127.0.0.1", port }, resolve);
  });
  return server;
}

/** Rejects when nobody answers there. */
export async function demandAnswer(to: ForwardTarget): Promise<void> {
  (await dial(to)).destroy();
}

function dial(to: ForwardTarget): Promise<Socket> {
  if ("path" in to) return connectUnix(to.path, { allowHalfOpen: true });
  return new Promise((resolve, reject) => {
    const socket = connect({ host: to.host, port: to.port, allowHalfOpen: true });
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.off("error", reject);
      resolve(socket);
    });
  });
}
