// What is known of one request, from its head until it is over; no header or body values, and of its URL no query.

import type { EgressFinding, EgressRequest } from "#domain/egress/control.ts";
import { plainLine } from "#domain/plain-text.ts";

import type { ParsedRequest, Via } from "../policy/parse-request.ts";

export interface ExchangeRecord {
  readonly id: number;
  protocol: EgressRequest["protocol"];
  readonly at: Date;
  readonly began: number;
  readonly method: string;
  readonly scheme: "http" | "https";
  readonly host: string;
  readonly port: number;
  /** Without what was found in it. */
  path: string;
  verdict: EgressRequest["verdict"];
  rule: string;
  decision: string | undefined;
  findings: readonly EgressFinding[] | undefined;
  /** Somebody else decides about it now: the operator, or a limit. */
  waiting: boolean;
  up: number;
  down: number;
}

/** The rule of a request about which nothing is decided yet: what is left of it when its client leaves now. */
const UNDECIDED = "the client left";

let requests = 0;

/** `host` is what could be read of one that was refused before it was understood. */
export function startRecord(
  method: string,
  via: Via,
  request: ParsedRequest | undefined,
  host: string,
  protocol: EgressRequest["protocol"] = "http/1.1",
): ExchangeRecord {
  return {
    id: (requests += 1),
    protocol,
    at: new Date(),
    began: performance.now(),
    method: plainLine(method).slice(0, 20),
    scheme: via.kind === "tunnel" ? "https" : "http",
    host: plainLine(request?.host ?? host).slice(0, 253),
    port: request?.port ?? (via.kind === "tunnel" ? via.port : 80),
    path: plainLine(request?.path ?? "").slice(0, 2048),
    verdict: "block",
    rule: UNDECIDED,
    decision: undefined,
    findings: undefined,
    waiting: false,
    up: 0,
    down: 0,
  };
}

/** `status` is 0 when the client got none. */
export function finishRecord(record: ExchangeRecord, status: number): EgressRequest {
  const { id, at, method, scheme, protocol, host, port, path, verdict, rule, decision, findings } = record;
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
