// Sends a cleared request upstream and streams the answer back, both past the inspection: back-pressure both ways, a
// client that leaves cancels the upstream request, and what fails is said while there is still a status to give.

import type { Readable } from "node:stream";

import type { EgressFinding } from "#domain/egress/control.ts";
import { plainLine } from "#domain/plain-text.ts";
import { CANARY_RULE } from "#domain/proposal/approved-exception.ts";

import type { AuditTrail } from "../asking/audit-trail.ts";
import type { ExchangeInspection, Inbound, Inspection, Outbound } from "../inspection/inspection.ts";
import type { Shown } from "../inspection/shown.ts";
import { inboundHeaders, injectedHeaders, passedHeaders } from "../policy/headers.ts";
import type { ParsedRequest } from "../policy/parse-request.ts";
import type { Refusal } from "../policy/refusal.ts";
import type { Again, Answer, Call, CallEvents, Outgoing } from "./call.ts";
import type { Clearance } from "./clearance.ts";
import type { ClientSide, Switching } from "./client-side.ts";
import type { ExchangeRecord } from "./exchange-record.ts";
import { explain, isInspectionRefused } from "./explain.ts";
import type { Live } from "./live.ts";
import { pump } from "./pump.ts";
import { readableAnswer } from "./readable-answer.ts";
import { refuse } from "./refuse.ts";
import type { TrafficLog } from "./traffic-log.ts";
import type { Upstream } from "./upstream.ts";
import type { Switched } from "./websocket/upgrade-call.ts";
import { whenGone } from "./when-gone.ts";
import { whenSettled } from "./when-settled.ts";

export interface ForwardDeps {
  readonly inspection: Inspection;
  readonly upstream: Upstream;
  readonly live: Live;
  readonly audit: AuditTrail;
  readonly traffic: TrafficLog;
}

export interface Exchange {
  readonly client: ClientSide;
  readonly request: ParsedRequest;
  readonly shown: Shown;
  readonly record: ExchangeRecord;
  readonly deps: ForwardDeps;
}

type Cleared = Extract<Clearance, { clear: "yes" }>;

export function forward(exchange: Exchange, cleared: Cleared): void {
  if (exchange.client.gone) return;
  const { record } = exchange;
  record.verdict = "allow";
  record.rule = cleared.rule;
  record.decision = cleared.route.decision;
  new Forwarding(exchange, cleared).begin();
}

class Forwarding {
  readonly #exchange: Exchange;
  readonly #cleared: Cleared;
  readonly #secrets: readonly string[];
  readonly #inspection: ExchangeInspection;
  #call: Call | undefined;
  #over = false;

  constructor(exchange: Exchange, cleared: Cleared) {
    this.#exchange = exchange;
    this.#cleared = cleared;
    this.#secrets = cleared.credential.state === "header" ? cleared.credential.secrets : [];
    let gone: AbortSignal | undefined;
    this.#inspection = exchange.deps.inspection.exchange({
      request: exchange.request,
      route: cleared.route,
      credential: this.#secrets,
      length: exchange.client.length,
      get gone() {
        return (gone ??= whenGone(exchange.client));
      },
      found: (finding) => this.#found(finding),
      shownPath: exchange.shown.path,
      held: (waiting) => exchange.deps.traffic.waits(exchange.record, waiting),
    });
  }

  begin(): void {
    const { client, deps } = this.#exchange;
    const leave = deps.live.add(this.#cleared.stillAllowed, () => this.#revoke());
    client.onClose(() => {
      leave();
      if (!client.finished) this.#end();
    });
    const headers = readableAnswer(passedHeaders(client.rawHeaders, this.#cleared.credential), this.#cleared.route);
    const outbound = this.#inspection.outbound(headers, client.body);
    whenSettled(
      outbound,
      (out) => (out.ok ? this.#send(out) : this.#refuse(out.refusal)),
      (error) => this.#fail(error),
    );
  }

  #send(out: Extract<Outbound, { ok: true }>, again = true): void {
    if (this.#over) return;
    const { client, request, deps } = this.#exchange;
    const { route, credential } = this.#cleared;
    const { forward, body } = out;
    if (again) this.#watch(body);
    if (this.#over) return;
    const outgoing: Outgoing = {
      to: request,
      route,
      forward,
      headers: [...out.headers, ...injectedHeaders(credential)],
      body,
      length: client.length,
      protocol: client.protocol,
    };
    const events: CallEvents = {
      answered: (answer) => this.#answer(answer),
      failed: (error, how) => {
        if (again && !isStream(body) && mayRepeat(request.method, how)) this.#send(out, false);
        else this.#fail(error);
      },
    };
    const { webSocket } = client;
    this.#call =
      webSocket === undefined
        ? deps.upstream.call(outgoing, events)
        : deps.upstream.upgrade(outgoing, webSocket.protocols, {
            ...events,
            switched: (server) => this.#switch(server, webSocket.switched),
          });
  }

  #switch(server: Switched, switched: (switching: Switching) => void): void {
    const { client, record, request } = this.#exchange;
    if (this.#over || client.gone) return void server.socket.destroy();
    const headers = inboundHeaders(server.rawHeaders, this.#secrets);
    const inbound = this.#inspection.inbound({ status: 101, headers, method: request.method });
    if (inbound.refusal !== undefined) {
      server.socket.destroy();
      return this.#refuse(inbound.refusal);
    }
    record.protocol = "websocket";
    switched({
      server,
      headers: inbound.headers,
      inspect: this.#inspection.message.bind(this.#inspection),
      moved: (up, down) => this.#count(up, down),
      refused: (refusal) => this.#refuse(refusal),
      closed: (why) => void (record.rule = `${plainLine(why)}: ${this.#cleared.rule}`),
    });
  }

  /** What leaves is counted, and may turn out on its way to be what must not. */
  #watch(body: Buffer | Readable | undefined): void {
    if (!isStream(body)) return this.#count(body?.length ?? 0, 0);
    body.on("data", (chunk: Buffer) => this.#count(chunk.length, 0));
    body.once("error", (error) => this.#fail(error));
  }

  #answer(answer: Answer): void {
    const { client, request } = this.#exchange;
    const { body, status } = answer;
    if (this.#over || client.gone) return void body.destroy();
    const headers = inboundHeaders(answer.rawHeaders, this.#secrets);
    const inbound = this.#inspection.inbound({ status, headers, method: request.method });
    if (inbound.refusal !== undefined) return this.#refuse(inbound.refusal);
    body.once("close", () => {
      if (!answer.complete()) this.#broken();
    });
    if (inbound.hold === undefined)
      return this.#relay(answer, inbound, inbound.headers, inbound.through?.(body) ?? body);
    whenSettled(
      inbound.hold(body),
      (held) => (held.ok ? this.#relay(answer, inbound, held.headers, held.body) : this.#refuse(held.refusal)),
      (error) => this.#fail(error),
    );
  }

  #relay(answer: Answer, inbound: Inbound, headers: readonly string[], body: Buffer | Readable): void {
    if (this.#over) return;
    const { client } = this.#exchange;
    const { sink } = client;
    try {
      client.head(answer.status, headers);
    } catch (error) {
      return this.#fail(error);
    }
    const moved = (bytes: number): void => this.#count(0, bytes);
    if (Buffer.isBuffer(body)) {
      moved(body.length);
      return void sink.end(body);
    }
    body.once("error", (error) => this.#broken(error));
    if (body !== answer.body) answer.body.once("error", () => this.#broken());
    pump(body, sink, {
      moved,
      ending: () => {
        const trailers = answer.trailers();
        if (trailers.length === 0) return;
        const masked = inboundHeaders(trailers, this.#secrets);
        try {
          client.trailers(inbound.trailers?.(masked) ?? masked);
        } catch {
          this.#broken(); // a field that cannot be said; nobody above would catch it
        }
      },
    });
  }

  /** The rest of the answer is not to be had, or not to be let through. */
  #broken(error?: Error): void {
    if (this.#over) return;
    if (isInspectionRefused(error)) return this.#refuse(error.refusal);
    this.#end();
    this.#exchange.client.cut();
  }

  #count(up: number, down: number): void {
    const { record } = this.#exchange;
    record.up += up;
    record.down += down;
    const refusal = this.#cleared.meter.count(up, down);
    if (refusal !== undefined) this.#refuse(refusal);
  }

  #found(finding: EgressFinding): void {
    const { record, request, deps } = this.#exchange;
    const { rule, direction, where, action } = finding;
    record.findings = [...(record.findings ?? []), finding];
    if (direction === "outbound" && action === "redacted" && record.verdict === "allow") record.verdict = "redact";
    deps.traffic.found(finding);
    if (rule === CANARY_RULE) return; // it is in the audit already, in words that are not overlooked
    const { method, scheme, port } = request;
    deps.audit.note(
      "dlp-match",
      `${record.host}:${port} (${rule}, ${action})`,
      `${rule} in ${where}, ${direction}, ${method} ${scheme}://${record.host}:${port}${record.path}: ${action}`,
    );
  }

  #fail(error: unknown): void {
    if (!this.#over) this.#refuse(explain(error));
  }

  #refuse(refused: Refusal): void {
    if (this.#over) return;
    const { client, record, request, deps } = this.#exchange;
    const refusal = { ...refused, reason: refused.reason.replaceAll(request.host, record.host) };
    this.#end();
    if (!OUTAGES.has(refusal.code)) {
      const { method, scheme, port } = request;
      const url = `${scheme}://${record.host}:${port}${record.path}`;
      record.verdict = "block";
      if (refusal.rule !== CANARY_RULE)
        deps.audit.note(
          "request-blocked",
          `${record.host}:${port} (${refusal.rule})`,
          `${method} ${url}: ${refusal.reason}`,
        );
    }
    refuse(client, record, refusal, undefined, client.body !== undefined);
  }

  #revoke(): void {
    const { client, record } = this.#exchange;
    record.rule = `revoked: ${this.#cleared.rule}`;
    this.#end();
    client.cut();
  }

  #end(): void {
    this.#over = true;
    this.#call?.destroy();
  }
}

const OUTAGES: ReadonlySet<string> = new Set(["upstream_failed", "upstream_timeout"]);
const IDEMPOTENT = new Set(["GET", "HEAD", "OPTIONS", "PUT", "DELETE"]);

function mayRepeat(method: string, again: Again): boolean {
  return again === "any" || (again === "idempotent" && IDEMPOTENT.has(method));
}

function isStream(body: Buffer | Readable | undefined): body is Readable {
  return body !== undefined && !Buffer.isBuffer(body);
}
