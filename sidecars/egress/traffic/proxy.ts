// The proxy's listening side: one HTTP server for what comes to the proxy itself and for what comes out of its tunnels.

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Socket } from "node:net";

import { plainLine } from "#domain/plain-text.ts";
import { listenUnix } from "#lib/unix-socket.ts";

import type { LeafContexts } from "../certificates/leaf.ts";
import { coversHost } from "../policy/decide.ts";
import type { Via } from "../policy/parse-request.ts";
import type { Refusal } from "../policy/refusal.ts";
import { exchange, type ExchangeDeps } from "./exchange.ts";
import { finishRecord, startRecord } from "./exchange-record.ts";
import { openTunnel, parseConnect, refuseTunnel, type TunnelTarget } from "./tunnel.ts";

export interface Proxy {
  listen(path: string): Promise<void>;
  close(): void;
}

const FORWARD: Via = { kind: "forward" };
const MOST_CONNECTIONS = 1024;

export function createProxy(deps: ExchangeDeps & { readonly contexts: LeafContexts }): Proxy {
  const ways = new WeakMap<object, Via>();
  const sockets = new Set<Socket>();
  const wayOf = (incoming: IncomingMessage): Via => ways.get(incoming.socket) ?? FORWARD;

  const server = createServer({
    requireHostHeader: false, // parseRequest says it with a reason
    requestTimeout: 0, // uploads may take their time; a slow head may not
    headersTimeout: 20_000,
    keepAliveTimeout: 65_000,
    connectionsCheckingInterval: 10_000,
    maxHeaderSize: 65_536,
    insecureHTTPParser: false,
    noDelay: true,
  });
  server.maxConnections = MOST_CONNECTIONS;
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    deps.traffic.opened();
    socket.once("close", () => {
      if (sockets.delete(socket)) deps.traffic.closed();
    });
  });
  const answer = (incoming: IncomingMessage, response: ServerResponse): void => void exchange(incoming, response, wayOf(incoming), deps);
  server.on("request", answer);
  server.on("checkContinue", answer);
  server.on("checkExpectation", answer);
  server.on("connect", (incoming: IncomingMessage, socket: Socket, head: Buffer) => {
    socket.on("error", () => socket.destroy());
    connect(incoming, socket, head);
  });

  const connect = (incoming: IncomingMessage, socket: Socket, head: Buffer): void => {
    const { url = "", rawHeaders } = incoming;
    const via = wayOf(incoming);
    if (via.kind === "tunnel") return blocked(socket, via.host, via.port, nested());
    const parsed = parseConnect(url, rawHeaders);
    if (!parsed.ok) return blocked(socket, parsed.host, 0, parsed.refusal);
    const { target } = parsed;
    openTunnel(socket, head, deps.contexts, {
      secure: (secure, sni) => {
        ways.set(secure, { kind: "tunnel", ...target, sni });
        sockets.add(socket);
        socket.once("close", deps.live.add(closesWithItsHost(target), () => secure.destroy()));
        deps.traffic.closed(); // counted again as the connection inside
        server.emit("connection", secure);
      },
      refused: (refusal) => note(target.host, target.port, refusal),
    });
  };

  /** An idle tunnel ends when the last route to its host goes; one that never had a route only ever carries refusals. */
  const closesWithItsHost = ({ host }: TunnelTarget): (() => boolean) => {
    const listed = (): boolean => deps.table().routes.some((route) => coversHost(route.host, host));
    let before = listed();
    return () => {
      const now = listed();
      const still = now || !before;
      before = now;
      return still;
    };
  };

  const blocked = (socket: Socket, host: string, port: number, refusal: Refusal): void => {
    note(host, port, refusal);
    refuseTunnel(socket, host, refusal);
  };
  const note = (host: string, port: number, refusal: Refusal): void => {
    const record = startRecord("CONNECT", { kind: "tunnel", host, port, sni: "" }, undefined, host);
    record.rule = `${refusal.rule}: ${refusal.reason}`;
    deps.traffic.ended(finishRecord(record, refusal.status));
    deps.audit.note("request-blocked", `${record.host}:${port} (${refusal.rule})`, `CONNECT ${record.host}:${port}: ${plainLine(refusal.reason)}`);
  };

  server.on("clientError", (error: NodeJS.ErrnoException, socket) => answerBroken(error, socket as Socket));
  return {
    listen: (path) => listenUnix(server, path, 0o666),
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

function nested(): Refusal {
  return { status: 405, code: "method_not_allowed", rule: "no tunnel in a tunnel", reason: "CONNECT goes to the proxy itself" };
}

/** What the HTTP parser itself refuses: conflicting lengths, bare line feeds, folded headers, heads too large or too slow. */
function answerBroken(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || error.code === "ECONNRESET") return void socket.destroy();
  const status = error.code === "HPE_HEADER_OVERFLOW" ? 431 : error.code === "ERR_HTTP_REQUEST_TIMEOUT" ? 408 : 400;
  const words = { 431: "Request Header Fields Too Large", 408: "Request Timeout", 400: "Bad Request" }[status];
  const body = `${JSON.stringify({ error: "bad_request", host: "", rule: "plain HTTP/1.1", reason: plainLine(error.message) })}\n`;
  socket.end(
    `HTTP/1.1 ${status} ${words}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
