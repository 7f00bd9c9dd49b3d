// A port on the bottle's own loopback that leads to a sidecar's unix socket.

import { createServer, type Server } from "node:net";

import { connectUnix } from "#lib/unix-socket.ts";

/** Connects anew each time, so that a sidecar that was restarted is found again. Rejects when the port is taken. */
export async function forward(port: number, path: string): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, (inside) => {
    inside.on("error", () => inside.destroy());
    connectUnix(path, { allowHalfOpen: true }).then(
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
