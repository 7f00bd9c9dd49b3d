// What is known of one request, from its head until it is over; no header or body values, and of its URL no query.

import type { EgressRequest } from "#domain/egress/control.ts";
import { plainLine } from "#domain/plain-text.ts";

import type { ParsedRequest, Via } from "../policy/parse-request.ts";

export interface ExchangeRecord {
  readonly id: number;
  readonly protocol: EgressRequest["protocol"];
  readonly at: Date;
  readonly began: number;
  readonly method: string;
  readonly scheme: "http" | "https";
  readonly host: string;
  readonly port: number;
  readonly path: string;
  verdict: EgressRequest["verdict"];
  rule: string;
  decision: string | undefined;
  up: number;
  down: number;
}

let requests = 0;

/** `host` is what could be read of one that was refused before it was understood. */
export function startRecord(
  method: string,
  via: Via,
  request: ParsedRequest | undefined,
  host: string,
): ExchangeRecord {
  return {
    id: (requests += 1),
    protocol: "http/1.1",
    at: new Date(),
    began: performance.now(),
    method: plainLine(method).slice(0, 20),
    scheme: via.kind === "tunnel" ? "https" : "http",
    host: plainLine(request?.host ?? host).slice(0, 253),
    port: request?.port ?? (via.kind === "tunnel" ? via.port : 80),
    path: plainLine(request?.path ?? "").slice(0, 2048),
    verdict: "block",
    rule: "the client left",
    decision: undefined,
    up: 0,
    down: 0,
  };
}

/** `status` is 0 when the client got none. */
export function finishRecord(record: ExchangeRecord, status: number): EgressRequest {
  const { at, began, up, down, decision, ...facts } = record;
  return {
    ...facts,
    at: at.toISOString(),
    status,
    bytes_up: up,
    bytes_down: down,
    ms: Math.round((performance.now() - began) * 10) / 10,
    ...(decision === undefined ? {} : { decision }),
  };
}
