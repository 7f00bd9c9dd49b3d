// A request that asks for WebSocket: read strictly, and then an exchange like any other until the server agrees.

import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";

import type { Via } from "../policy/parse-request.ts";
import type { Refusal } from "../policy/refusal.ts";
import { exchange, type ExchangeDeps } from "./exchange.ts";
import { isStillAnswering } from "./still-answering.ts";
import type { OpenTunnels } from "./tunnels/open-tunnels.ts";
import { loadFrames } from "./websocket/frames.ts";
import { readHandshake } from "./websocket/handshake.ts";
import { WebSocketClient } from "./websocket/websocket-client.ts";

export type UpgradeDeps = ExchangeDeps & { readonly tunnels: OpenTunnels };

/** `head` is what came behind the request, where nothing may; `underWay` is of the tunnel that it came through. */
export function acceptUpgrade(
  incoming: IncomingMessage,
  socket: Socket,
  head: Buffer,
  via: Via,
  underWay: (() => () => void) | undefined,
  deps: UpgradeDeps,
): void {
  socket.on("error", () => socket.destroy());
  socket.setTimeout(0);
  if (isStillAnswering(socket)) return void socket.destroy(); // an answer could only come before its turn
  const place = { tunnels: deps.tunnels, underWay };
  const { method = "", httpVersion, rawHeaders } = incoming;
  const read = readHandshake({ method, httpVersion, rawHeaders });
  const client = new WebSocketClient(incoming, socket, read.ok ? read.handshake : { key: "", protocols: [] }, place);
  const refusal = read.ok ? (head.length > 0 ? tooEarly() : undefined) : read.refusal;
  if (refusal === undefined) void loadFrames().catch(() => {}); // needed soon, and told then
  exchange(client, via, deps, refusal);
}

function tooEarly(): Refusal {
  const reason = "something came behind the handshake before it was answered";
  return { status: 400, code: "bad_request", rule: "WebSocket handshake", reason };
}
