// A plain TCP server on loopback, whose connections are the test's to play.

import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";

export interface TcpServer {
  readonly port: number;
  /** `127.0.0.1:port`, as the table pins it. */
  readonly pin: string;
  /** All that were ever accepted. */
  readonly sockets: readonly Socket[];
  close(): void;
}

/** Its sockets stay open for writing after the other side has ended. */
export async function startTcpServer(accepted: (socket: Socket) => void = () => {}): Promise<TcpServer> {
  const sockets: Socket[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.push(socket);
    socket.on("error", () => {});
    accepted(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    port,
    pin: `127.0.0.1:${port}`,
    sockets,
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
