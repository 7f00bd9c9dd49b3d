// A CONNECT on the proxy: read strictly, and its tunnel opened to be read, carried as a whole, or refused. It is closed
// again when its host is taken back, or when others need its room.

import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";

import { type Masking, SHOW_NOTHING } from "../inspection/shown.ts";
import { coversHost } from "#domain/egress/covers.ts";
import { plainLine } from "#domain/plain-text.ts";

import type { LeafContexts } from "../certificates/leaf.ts";
import { decideTunnel } from "../policy/decide-tunnel.ts";
import type { Via } from "../policy/parse-request.ts";
import type { Refusal } from "../policy/refusal.ts";
import { clearTunnel, type TunnelClearance } from "./clear-tunnel.ts";
import type { ExchangeDeps } from "./exchange.ts";
import { describe, finishRecord, startRecord } from "./exchange-record.ts";
import { isStillAnswering } from "./still-answering.ts";
import { openTunnel, parseConnect } from "./tunnel.ts";
import { carryWhole, type Place } from "./tunnels/carry-whole.ts";
import type { OpenTunnels } from "./tunnels/open-tunnels.ts";
import { refuseTunnel } from "./tunnels/refuse-tunnel.ts";
import { whenSettled } from "./when-settled.ts";

export type ConnectDeps = ExchangeDeps & {
  readonly contexts: LeafContexts;
  readonly tunnels: OpenTunnels;
};

/** Returns how to end it. */
export type Opened = (secure: TLSSocket, via: Via, underWay: () => () => void) => () => void;

/** `opened` gets the decrypted side of the tunnel, for requests to be read from; `underWay` is told of each, and when it is over. */
export function acceptConnect(
  incoming: IncomingMessage,
  socket: Socket,
  head: Buffer,
  via: Via,
  deps: ConnectDeps,
  opened: Opened,
): void {
  socket.on("error", () => socket.destroy());
  if (via.kind === "tunnel") return refuse(socket, via, nested(), deps);
  if (isStillAnswering(socket)) {
    note({ host: "", port: 0 }, pipelined(), deps);
    return void socket.destroy(); // an answer could only come before its turn
  }
  const parsed = parseConnect(incoming.url ?? "", incoming.rawHeaders);
  if (!parsed.ok) return refuse(socket, { host: parsed.host, port: 0 }, parsed.refusal, deps);
  const to = parsed.target;
  if (head.length > 0) socket.unshift(head);
  socket.once("close", deps.traffic.tunnel());
  const go = (clearance: TunnelClearance): void => {
    if (socket.destroyed) return;
    switch (clearance.clear) {
      case "no":
        return refuse(socket, to, clearance.refusal, deps);
      case "yes":
        return void carryWhole(socket, { ...to, spelled: incoming.url }, clearance, deps);
      case "intercept":
        return intercept(socket, to, deps, opened);
    }
  };
  whenSettled(clearTunnel(to.host, to.port, deps), go, () => socket.destroy());
}

function intercept(socket: Socket, to: Place, deps: ConnectDeps, opened: Opened): void {
  const { host, port } = to;
  let inside: TLSSocket | undefined;
  const room = deps.tunnels.enter({
    key: socket,
    endsIdle: false, // what is idle between requests ends by itself, and an event stream may be silent
    close: () => void (inside ?? socket).destroy(),
  });
  if (!("leave" in room)) return refuse(socket, to, room, deps);
  socket.once("close", room.leave);
  openTunnel(socket, host, deps.contexts, deps.tunnels.limits.handshakeMs, {
    secure: (secure, sni) => {
      inside = secure;
      room.touch();
      const end = opened(secure, { kind: "tunnel", host, port, sni }, () => {
        const over = deps.tunnels.underWay(socket);
        return () => {
          room.touch();
          over();
        };
      });
      socket.once("close", deps.live.add(stillReads(to, deps), end));
    },
    refused: (refusal) => note(to, refusal, deps),
  });
}

/**
 * False once the last route to the host has gone, or tunnels to it are not read any more. A host that never had a route is
 * another matter: only refusals pass there.
 */
function stillReads({ host, port }: Place, { table, uses }: ConnectDeps): () => boolean {
  const listed = (): boolean => table().routes.some((route) => coversHost(route.host, host));
  let before = listed();
  return () => {
    const now = listed();
    const gone = before && !now;
    before = now;
    return !gone && decideTunnel(host, port, table(), new Date(), uses.used()).kind === "intercept";
  };
}

function refuse(socket: Socket, to: Place, refusal: Refusal, deps: ConnectDeps): void {
  note(to, refusal, deps);
  refuseTunnel(socket, to.host, refusal);
}

function note({ host, port }: Place, refusal: Refusal, { traffic, audit, inspection }: ConnectDeps): void {
  const record = startRecord({ kind: "tunnel", host, port, sni: "" }, "tcp");
  const end = (masking: Masking): void => {
    const reason = masking.text(refusal.reason);
    describe(record, { method: "CONNECT", host: masking.host(host.toLowerCase(), [host]), path: "" });
    record.rule = `${refusal.rule}: ${plainLine(reason)}`;
    traffic.ended(finishRecord(record, refusal.status));
    const place = `${record.host}:${port}`;
    audit.note("request-blocked", `${place} (${refusal.rule})`, `CONNECT ${place}: ${reason}`);
  };
  whenSettled(inspection.masking(), end, () => end(SHOW_NOTHING));
}

function nested(): Refusal {
  return {
    status: 405,
    code: "method_not_allowed",
    rule: "no tunnel in a tunnel",
    reason: "CONNECT goes to the proxy itself",
  };
}

function pipelined(): Refusal {
  const reason = "a CONNECT came before the request ahead of it was answered";
  return { status: 400, code: "bad_request", rule: "valid CONNECT", reason };
}
