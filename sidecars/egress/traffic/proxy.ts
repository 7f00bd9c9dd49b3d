// The proxy's listening side: one HTTP server for what comes to the proxy itself and for what comes out of its tunnels.

import { createServer, type IncomingMessage, type ServerOptions, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";

import { plainLine } from "#domain/plain-text.ts";
import { listenUnix } from "#lib/unix-socket.ts";

import type { LeafContexts } from "../certificates/leaf.ts";
import type { Via } from "../policy/parse-request.ts";
import { acceptConnect } from "./accept-connect.ts";
import { exchange, type ExchangeDeps } from "./exchange.ts";

export interface Proxy {
  listen(path: string): Promise<void>;
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
};

export function createProxy(deps: ProxyDeps): Proxy {
  const server = createServer(OPTIONS);
  server.maxConnections = MOST_CONNECTIONS;
  const sockets = new Set<Socket>();
  const vias = new WeakMap<object, Via>();
  const viaOf = ({ socket }: IncomingMessage): Via => vias.get(socket) ?? FORWARD;
  const answer = (incoming: IncomingMessage, response: ServerResponse): void =>
    void exchange(incoming, response, viaOf(incoming), deps);

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
  server.on("connect", (incoming: IncomingMessage, socket: Socket, head: Buffer) => {
    acceptConnect(incoming, socket, head, viaOf(incoming), deps, (secure: TLSSocket, via: Via) => {
      vias.set(secure, via);
      server.emit("connection", secure);
    });
  });
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => answerBroken(error, socket as Socket));

  return {
    listen: (path) => listenUnix(server, path, 0o666),
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** What the HTTP parser itself refuses: conflicting lengths, bare line feeds, folded headers, heads too large or too slow. */
function answerBroken(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || error.code === "ECONNRESET") return void socket.destroy();
  const [status, words] = statusFor(error.code);
  const reason = plainLine(error.message);
  const body = `${JSON.stringify({ error: "bad_request", host: "", rule: "plain HTTP/1.1", reason })}\n`;
  socket.end(
    `HTTP/1.1 ${status} ${words}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n` +
      `X-Bottle-Egress: bad_request\r\nConnection: close\r\n\r\n${body}`,
  );
}

function statusFor(code: string | undefined): readonly [number, string] {
  if (code === "HPE_HEADER_OVERFLOW") return [431, "Request Header Fields Too Large"];
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return [408, "Request Timeout"];
  return [400, "Bad Request"];
}
