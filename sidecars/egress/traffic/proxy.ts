// The proxy's listening side: one HTTP server for what comes to the proxy itself and for what comes out of its tunnels.

import { createServer, type IncomingMessage, type ServerOptions, type ServerResponse } from "node:http";
import type { Server as NetServer, Socket } from "node:net";
import type { TLSSocket } from "node:tls";

import { type Address, alsoListen } from "#lib/also-listen.ts";
import { listenUnix } from "#lib/unix-socket.ts";

import type { LeafContexts } from "../certificates/leaf.ts";
import type { Via } from "../policy/parse-request.ts";
import { acceptConnect } from "./accept-connect.ts";
import { acceptUpgrade } from "./accept-upgrade.ts";
import { exchange, type ExchangeDeps } from "./exchange.ts";
import { Http1Client } from "./http1/client.ts";
import { serveHttp2 } from "./http2/serve.ts";
import { noteBrokenSession, unparsedRefuser } from "./refuse-unparsed.ts";
import { openTunnels } from "./tunnels/open-tunnels.ts";
import { openUnderWay } from "./under-way.ts";
import { wantsWebSocket } from "./websocket/handshake.ts";

export interface Proxy {
  /** On a unix socket, and where there is one on an address of the bottle's network. */
  listen(path: string, also?: Address): Promise<void>;
  close(): void;
}

export type ProxyDeps = ExchangeDeps & { readonly contexts: LeafContexts };

const FORWARD: Via = { kind: "forward" };
const MOST_CONNECTIONS = 1024;
const OPTIONS: ServerOptions = {
  requireHostHeader: false, // parseRequest says it with a reason
  requestTimeout: 0, // uploads may take their time; a slow head may not
  headersTimeout: 20_000,
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: 10_000,
  maxHeaderSize: 65_536,
  insecureHTTPParser: false,
  noDelay: true,
  shouldUpgradeCallback: ({ headers }) => wantsWebSocket(headers), // h2c and the like are not taken up, as a server may
};

export function createProxy(deps: ProxyDeps): Proxy {
  const server = createServer(OPTIONS);
  server.maxConnections = MOST_CONNECTIONS;
  const sockets = new Set<Socket>();
  const vias = new WeakMap<object, Via>();
  const underWays = new WeakMap<object, () => () => void>();
  const tunnels = openTunnels();
  const requests = openUnderWay();
  const viaOf = ({ socket }: IncomingMessage): Via => vias.get(socket) ?? FORWARD;
  const answer = (incoming: IncomingMessage, response: ServerResponse): void => {
    const { socket } = incoming;
    if (socket.destroyed) return; // it was cut within the piece that this request came in
    const over = underWays.get(socket)?.();
    if (over !== undefined) response.once("close", over);
    const client = new Http1Client(incoming, response);
    const refusal = requests.enter(client, socket);
    exchange(client, viaOf(incoming), deps, refusal);
    // Its answer would have to wait for those before it, and Node stops reading meanwhile: nobody would see the client leave.
    if (refusal !== undefined && requests.isFarAhead(socket)) socket.destroy();
  };

  const openHttp2 = (secure: TLSSocket, via: Via, underWay: () => () => void): (() => void) =>
    serveHttp2(secure, {
      request: (client, unread) => {
        client.onClose(underWay());
        exchange(client, via, deps, unread ?? requests.enter(client));
      },
      broken: (error) => noteBrokenSession(error, via, deps),
    });

  server.on("connection", (socket: Socket) => {
    if (vias.has(socket)) return; // the inside of a tunnel whose outside is counted
    sockets.add(socket);
    deps.traffic.opened();
    socket.once("close", () => {
      sockets.delete(socket);
      deps.traffic.closed();
    });
  });
  server.on("request", answer);
  server.on("checkContinue", answer);
  server.on("checkExpectation", answer); // parseRequest refuses it; Node's own 417 would leave no trace
  server.on("connect", (incoming: IncomingMessage, socket: Socket, head: Buffer) => {
    acceptConnect(incoming, socket, head, viaOf(incoming), { ...deps, tunnels }, (secure, via, underWay) => {
      if (secure.alpnProtocol === "h2") return openHttp2(secure, via, underWay);
      vias.set(secure, via);
      underWays.set(secure, underWay);
      server.emit("connection", secure);
      return () => void secure.destroy();
    });
  });
  server.on("upgrade", (incoming: IncomingMessage, socket: Socket, head: Buffer) =>
    acceptUpgrade(incoming, socket, head, viaOf(incoming), underWays.get(socket), { ...deps, tunnels }),
  );
  const refuseUnparsed = unparsedRefuser(deps);
  server.on("clientError", (error: NodeJS.ErrnoException, socket) =>
    refuseUnparsed(error, socket as Socket, vias.get(socket) ?? FORWARD),
  );

  let door: NetServer | undefined;
  return {
    async listen(path, also) {
      await listenUnix(server, path, 0o666);
      if (also !== undefined) door = await alsoListen(server, also);
    },
    close() {
      server.close();
      door?.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
