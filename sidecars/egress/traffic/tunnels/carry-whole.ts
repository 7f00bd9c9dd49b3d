// A tunnel that goes through as a whole: raw TCP, or TLS that is not opened. The server is reached before CONNECT is
// answered, so that the answer can be believed; not a byte goes there before the ClientHello is known to be for it.

import type { Socket } from "node:net";

import type { TableRoute } from "#domain/egress/route.ts";
import { plainLine } from "#domain/plain-text.ts";

import type { Meter } from "../../limits/limits.ts";
import { secretInHost } from "../../inspection/secret-in-host.ts";
import { type Masking, SHOW_NOTHING } from "../../inspection/shown.ts";
import type { Refusal } from "../../policy/refusal.ts";
import type { TunnelClearance } from "../clear-tunnel.ts";
import type { ExchangeDeps } from "../exchange.ts";
import { describe, type ExchangeRecord, finishRecord, startRecord } from "../exchange-record.ts";
import { explain } from "../explain.ts";
import { awaitHello } from "./await-hello.ts";
import { openPlainly } from "./dial.ts";
import { helloRefusal, malformedHello } from "./hello-refusal.ts";
import { join } from "./join.ts";
import type { OpenTunnels } from "./open-tunnels.ts";
import { ESTABLISHED, refuseTunnel } from "./refuse-tunnel.ts";

export type WholeTunnelDeps = Pick<ExchangeDeps, "traffic" | "audit" | "live" | "upstream" | "inspection"> & {
  readonly tunnels: OpenTunnels;
};

export interface Place {
  readonly host: string;
  readonly port: number;
  /** As the client wrote it. */
  readonly spelled?: string | undefined;
}
type Cleared = Extract<TunnelClearance, { clear: "yes" }>;

/** `socket` is the client's, with what it has sent already put back. Never rejects. */
export async function carryWhole(socket: Socket, to: Place, cleared: Cleared, deps: WholeTunnelDeps): Promise<void> {
  const record = startRecord({ kind: "tunnel", sni: "", ...to }, "tcp");
  record.verdict = "allow";
  record.rule = cleared.rule;
  record.decision = cleared.route.decision;
  const tunnel = new Carried(socket, to, record, deps);
  try {
    const masking = deps.inspection.masking();
    const refusal = tunnel.shownBy(masking instanceof Promise ? await masking : masking, cleared.route);
    if (refusal !== undefined) return tunnel.refuse(refusal);
    await carry(tunnel, cleared, deps);
  } catch (error) {
    tunnel.refuse(explain(error));
  }
}

async function carry(tunnel: Carried, cleared: Cleared, deps: WholeTunnelDeps): Promise<void> {
  const { socket, to } = tunnel;
  const { route, rule, kind, meter, stillAllowed } = cleared;
  const room = deps.tunnels.enter({
    key: tunnel,
    endsIdle: true,
    close: (why) => tunnel.cut(`${why}: ${rule}`),
  });
  if (!("leave" in room)) return tunnel.refuse(room);
  tunnel.onEnd(room.leave);
  tunnel.onEnd(deps.live.add(stillAllowed, () => tunnel.cut(`revoked: ${rule}`)));
  const server = await openPlainly(deps.upstream.dial({ scheme: "https", ...to }, route), tunnel.gone);
  if (!tunnel.established(server)) return;
  if (kind === "passthrough") {
    const first = await checkedHello(tunnel, deps);
    if (first === undefined || !tunnel.moved(meter, "up", first.length)) return;
    server.write(first);
  }
  join(socket, server, (direction, bytes) => {
    room.touch();
    tunnel.moved(meter, direction, bytes);
  });
}

/** The bytes that may go on; undefined when the tunnel is over. */
async function checkedHello(tunnel: Carried, { tunnels }: WholeTunnelDeps): Promise<Buffer | undefined> {
  const first = await awaitHello(tunnel.socket, tunnels.limits.handshakeMs);
  switch (first.kind) {
    case "gone":
      tunnel.cut("the client left before it said anything");
      return undefined;
    case "bad":
      if (first.isTls) tunnel.refuseWithin(malformedHello(first.reason));
      else tunnel.refuse({ status: 403, code: "blocked", rule: "TLS in tunnels", reason: first.reason });
      return undefined;
    case "hello": {
      const refused = helloRefusal(first.hello, tunnel.to.host);
      if (refused === undefined) return first.bytes;
      tunnel.refuseWithin(refused);
      return undefined;
    }
  }
}

/** One such tunnel, until it is over. */
class Carried {
  readonly socket: Socket;
  readonly to: Place;
  readonly record: ExchangeRecord;
  readonly #deps: WholeTunnelDeps;
  readonly #gone = new AbortController();
  readonly #ended: (() => void)[] = [];
  #server: Socket | undefined;
  #status = 0;
  #masking: Masking = SHOW_NOTHING;

  constructor(socket: Socket, to: Place, record: ExchangeRecord, deps: WholeTunnelDeps) {
    this.socket = socket;
    this.to = to;
    this.record = record;
    this.#deps = deps;
    deps.traffic.began(record);
    socket.once("close", () => {
      this.#gone.abort();
      for (const ended of this.#ended) ended();
      deps.traffic.ended(finishRecord(record, this.#status));
    });
  }

  /** From here on something is said of it; the refusal where its name must not be asked for. */
  shownBy(masking: Masking, route: TableRoute): Refusal | undefined {
    const { host, spelled } = this.to;
    const words = spelled === undefined ? [] : [spelled];
    this.#masking = masking;
    describe(this.record, { method: "CONNECT", host: masking.host(host, words), path: "" });
    return secretInHost(host, words, route, masking)?.refusal;
  }

  /** Aborts when the client left. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  onEnd(ended: () => void): void {
    if (this.socket.destroyed) ended();
    else this.#ended.push(ended);
  }

  /** CONNECT is answered; false when the client has left meanwhile. */
  established(server: Socket): boolean {
    this.#server = server;
    if (this.socket.destroyed) {
      server.destroy();
      return false;
    }
    this.#status = 200;
    this.socket.write(ESTABLISHED);
    return true;
  }

  /** False when a limit is reached: the tunnel is cut. */
  moved(meter: Meter, direction: "up" | "down", bytes: number): boolean {
    this.record[direction] += bytes;
    const refusal = direction === "up" ? meter.count(bytes, 0) : meter.count(0, bytes);
    if (refusal === undefined) return true;
    this.#note(refusal);
    this.cut(this.record.rule);
    return false;
  }

  cut(rule: string): void {
    this.record.rule = rule;
    this.socket.destroy();
    this.#server?.destroy();
  }

  /** In HTTP: the client has been told nothing, or does not speak TLS. */
  refuse(refusal: Refusal): void {
    this.#note(refusal);
    this.#server?.destroy();
    refuseTunnel(this.socket, this.to.host, refusal);
  }

  /** In TLS, after CONNECT was answered. */
  refuseWithin({ refusal, alert }: { refusal: Refusal; alert: Buffer }): void {
    this.#note(refusal);
    this.#server?.destroy();
    refuseTunnel(this.socket, this.to.host, refusal, alert);
  }

  #note(refusal: Refusal): void {
    const { port } = this.to;
    const { host } = this.record;
    const reason = this.#masking.text(refusal.reason).replaceAll(this.to.host, host);
    this.record.verdict = "block";
    this.record.rule = `${refusal.rule}: ${plainLine(reason)}`;
    this.#status = refusal.status;
    if (refusal.code === "upstream_failed" || refusal.code === "upstream_timeout") return; // an outage is no block
    const detail = `CONNECT ${host}:${port}: ${reason}`;
    this.#deps.audit.note("request-blocked", `${host}:${port} (${refusal.rule})`, detail);
  }
}
