// What is known of one request, from its head until it is over; no header or body values, and of its URL no query.

import type { EgressFinding, EgressRequest } from "#domain/egress/control.ts";
import { plainLine } from "#domain/plain-text.ts";

import type { Shown } from "../inspection/shown.ts";
import type { ParsedRequest, Via } from "../policy/parse-request.ts";

export interface ExchangeRecord {
  readonly id: number;
  protocol: EgressRequest["protocol"];
  readonly at: Date;
  readonly began: number;
  /** Of these three, only what may be shown; empty until that is known. */
  method: string;
  host: string;
  path: string;
  readonly scheme: "http" | "https";
  readonly port: number;
  verdict: EgressRequest["verdict"];
  rule: string;
  decision: string | undefined;
  proposal: string | undefined;
  findings: readonly EgressFinding[] | undefined;
  /** Somebody else decides about it now: the operator, or a limit. */
  waiting: boolean;
  up: number;
  down: number;
}

/** The rule of a request about which nothing is decided yet: what is left of it when its client leaves now. */
const UNDECIDED = "the client left";

let requests = 0;

/** Of what the client said nothing is in it: that is for `describe`, once the secrets are out of it. */
export function startRecord(
  via: Via,
  protocol: EgressRequest["protocol"] = "http/1.1",
  request?: Pick<ParsedRequest, "port">,
): ExchangeRecord {
  return {
    id: (requests += 1),
    protocol,
    at: new Date(),
    began: performance.now(),
    method: "",
    host: "",
    path: "",
    scheme: via.kind === "tunnel" ? "https" : "http",
    port: request?.port ?? (via.kind === "tunnel" ? via.port : 80),
    verdict: "block",
    rule: UNDECIDED,
    decision: undefined,
    proposal: undefined,
    findings: undefined,
    waiting: false,
    up: 0,
    down: 0,
  };
}

/** `said` is without secrets. */
export function describe(record: ExchangeRecord, said: { method: string } & Shown): void {
  record.method = plainLine(said.method).slice(0, 20);
  record.host = plainLine(said.host).slice(0, 253);
  record.path = plainLine(said.path).slice(0, 2048);
}

/** `status` is 0 when the client got none. */
export function finishRecord(record: ExchangeRecord, status: number): EgressRequest {
  const { id, at, method, scheme, protocol, host, port, path, verdict, rule, decision, proposal, findings } = record;
  return {
    id,
    at: at.toISOString(),
    verdict,
    method,
    scheme,
    protocol,
    host,
    port,
    path,
    status,
    bytes_up: record.up,
    bytes_down: record.down,
    ms: Math.round((performance.now() - record.began) * 10) / 10,
    rule,
    ...(decision === undefined ? {} : { decision }),
    ...(proposal === undefined ? {} : { proposal }),
    ...(findings === undefined ? {} : { findings: [...findings] }),
  };
}

/** As it stands now. */
export function openRecord(record: ExchangeRecord): EgressRequest {
  const { waiting, verdict } = record;
  const undecided = waiting || (verdict === "block" && record.rule === UNDECIDED);
  const said = finishRecord(record, 0);
  return undecided ? { ...said, verdict: "hold", rule: "waits for the operator", open: true } : { ...said, open: true };
}
