// A refusal on its way to the client: while there is a status to give, as an answer; later by cutting the answer off.

import { type Refusal, refusalBody } from "../policy/refusal.ts";
import type { ClientSide } from "./client-side.ts";
import type { ExchangeRecord } from "./exchange-record.ts";

const METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

/** `last` where what follows on the connection could not be told from the rest of this request. */
export function refuse(
  client: ClientSide,
  record: ExchangeRecord,
  refusal: Refusal,
  proposal = refusal.proposal,
  last = false,
): void {
  record.proposal = proposal;
  record.rule = `${refusal.rule}: ${refusal.reason}`;
  if (client.status !== 0 || client.gone) return client.cut();
  const body = refusalBody(refusal, record.host, proposal);
  const headers = [
    "content-type",
    "application/json",
    "content-length",
    String(Buffer.byteLength(body)),
    "cache-control",
    "no-store",
    "x-bottle-egress",
    refusal.code,
  ];
  if (refusal.retryAfter !== undefined) headers.push("retry-after", String(refusal.retryAfter));
  if (refusal.status === 405) headers.push("allow", METHODS);
  client.answer(refusal.status, headers, body, last);
}
