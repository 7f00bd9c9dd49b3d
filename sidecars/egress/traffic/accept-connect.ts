// A CONNECT on the proxy: read strictly, its tunnel opened or refused, and closed again when its host is taken back.

import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";

import { plainLine } from "#domain/plain-text.ts";

import type { LeafContexts } from "../certificates/leaf.ts";
import { coversHost } from "../policy/decide.ts";
import type { Via } from "../policy/parse-request.ts";
import type { Refusal } from "../policy/refusal.ts";
import type { ExchangeDeps } from "./exchange.ts";
import { finishRecord, startRecord } from "./exchange-record.ts";
import { openTunnel, parseConnect, refuseTunnel } from "./tunnel.ts";

export type ConnectDeps = Pick<ExchangeDeps, "table" | "traffic" | "audit" | "live"> & {
  readonly contexts: LeafContexts;
};

/** `opened` gets the decrypted side of the tunnel, for requests to be read from. */
export function acceptConnect(
  incoming: IncomingMessage,
  socket: Socket,
  head: Buffer,
  via: Via,
  deps: ConnectDeps,
  opened: (secure: TLSSocket, via: Via) => void,
): void {
  socket.on("error", () => socket.destroy());
  if (via.kind === "tunnel") return refuse(socket, via.host, via.port, nested(), deps);
  const parsed = parseConnect(incoming.url ?? "", incoming.rawHeaders);
  if (!parsed.ok) return refuse(socket, parsed.host, 0, parsed.refusal, deps);
  const { host, port } = parsed.target;
  openTunnel(socket, head, deps.contexts, {
    secure: (secure, sni) => {
      const leave = deps.live.add(hasRoutes(host, deps), () => secure.destroy());
      socket.once("close", leave);
      opened(secure, { kind: "tunnel", host, port, sni });
    },
    refused: (refusal) => note(host, port, refusal, deps),
  });
}

/** False once the last route to the host has gone. A host that never had one is another matter: only refusals pass there. */
function hasRoutes(host: string, { table }: ConnectDeps): () => boolean {
  const listed = (): boolean => table().routes.some((route) => coversHost(route.host, host));
  let before = listed();
  return () => {
    const now = listed();
    const still = now || !before;
    before = now;
    return still;
  };
}

function refuse(socket: Socket, host: string, port: number, refusal: Refusal, deps: ConnectDeps): void {
  note(host, port, refusal, deps);
  refuseTunnel(socket, host, refusal);
}

function note(host: string, port: number, refusal: Refusal, { traffic, audit }: ConnectDeps): void {
  const record = startRecord("CONNECT", { kind: "tunnel", host, port, sni: "" }, undefined, host);
  record.rule = `${refusal.rule}: ${plainLine(refusal.reason)}`;
  traffic.ended(finishRecord(record, refusal.status));
  audit.note(
    "request-blocked",
    `${record.host}:${port} (${refusal.rule})`,
    `CONNECT ${record.host}:${port}: ${refusal.reason}`,
  );
}

function nested(): Refusal {
  return {
    status: 405,
    code: "method_not_allowed",
    rule: "no tunnel in a tunnel",
    reason: "CONNECT goes to the proxy itself",
  };
}
