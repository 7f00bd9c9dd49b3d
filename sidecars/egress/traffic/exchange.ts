// One request from its head to its end: read strictly, cleared or refused, sent on, and recorded when it is over.

import { hostsOf, type Masking, shownOf } from "../inspection/shown.ts";
import { ALLOWLIST_HOST } from "#domain/egress/own-page.ts";

import { allowlistPage } from "../policy/allowlist-page.ts";
import { type Parsed, type ParsedRequest, parseRequest, type Via } from "../policy/parse-request.ts";
import type { Refusal } from "../policy/refusal.ts";
import { type Clearance, type ClearanceDeps, clearRequest } from "./clearance.ts";
import type { ClientSide } from "./client-side.ts";
import { describe, type ExchangeRecord, finishRecord, startRecord } from "./exchange-record.ts";
import { forward, type ForwardDeps } from "./forward.ts";
import { refuse } from "./refuse.ts";
import { whenGone } from "./when-gone.ts";
import { whenSettled } from "./when-settled.ts";

export type ExchangeDeps = ClearanceDeps & ForwardDeps;

/** Answers the request whatever happens; never throws. `unread` refuses it before anything is made of it. */
export function exchange(client: ClientSide, via: Via, deps: ExchangeDeps, unread?: Refusal): void {
  const parsed: Parsed = unread === undefined ? parseRequest(client, via) : unreadable(via, unread);
  const record = startRecord(via, client.protocol, parsed.ok ? parsed.request : undefined);
  deps.traffic.began(record);
  client.onClose(() => deps.traffic.ended(finishRecord(record, client.status)));
  const begin = (masking: Masking): void => {
    try {
      if (parsed.ok) serve(client, parsed.request, record, masking, deps);
      else refuseBroken(client, parsed, record, masking, deps);
    } catch (error) {
      fail(client, record, error);
    }
  };
  whenSettled(deps.inspection.masking(), begin, (error) => fail(client, record, error));
}

function unreadable(via: Via, refusal: Refusal): Parsed {
  return { ok: false, host: via.kind === "tunnel" ? via.host : "", refusal };
}

function serve(
  client: ClientSide,
  request: ParsedRequest,
  record: ExchangeRecord,
  masking: Masking,
  deps: ExchangeDeps,
): void {
  const shown = shownOf(request, masking);
  describe(record, { method: request.method, ...shown });
  if (request.host === ALLOWLIST_HOST) return showAllowlist(client, record, request, deps);
  const go = (clearance: Clearance): void => {
    switch (clearance.clear) {
      case "yes":
        return forward({ client, request, shown, record, deps }, clearance);
      case "no":
        // Whoever waits for "100 Continue" may or may not send the body now: nothing after it could be told from it.
        return refuse(client, record, clearance.refusal, clearance.proposal, client.expectsContinue);
      case "gone":
    }
  };
  const clearance = clearRequest({ request, shown }, () => whenGone(client), deps);
  whenSettled(clearance, go, (error) => fail(client, record, error));
}

/** Whoever sends what could be read in two ways gets no second request on this connection. */
function refuseBroken(
  client: ClientSide,
  { host, refusal }: Extract<Parsed, { ok: false }>,
  record: ExchangeRecord,
  masking: Masking,
  { audit }: ExchangeDeps,
): void {
  const reason = masking.text(refusal.reason);
  describe(record, {
    method: masking.text(client.method),
    host: masking.host(
      host.toLowerCase(),
      [host, ...hostsOf(client)].filter((spelled) => spelled.toLowerCase().includes(host.toLowerCase())),
    ),
    path: "",
  });
  const about = `${record.host} (${refusal.rule})`;
  audit.note("request-blocked", about, `a ${record.method} request for ${record.host}: ${reason}`);
  refuse(client, record, { ...refusal, reason }, undefined, true);
}

/** A throw that nobody catches would end the process, and every tunnel with it. */
function fail(client: ClientSide, record: ExchangeRecord, error: unknown): void {
  const reason = `the proxy failed: ${error instanceof Error ? error.message : String(error)}`;
  refuse(client, record, { status: 502, code: "upstream_failed", rule: "proxy", reason }, undefined, true);
}

function showAllowlist(
  client: ClientSide,
  record: ExchangeRecord,
  request: ParsedRequest,
  { table }: ExchangeDeps,
): void {
  const reads = request.method === "GET" || request.method === "HEAD";
  const page = reads ? allowlistPage(request.path, table(), new Date()) : undefined;
  if (page === undefined) {
    const reason = `there is only GET http://${ALLOWLIST_HOST}/allowlist here`;
    return refuse(client, record, { status: 404, code: "bad_request", rule: ALLOWLIST_HOST, reason });
  }
  record.verdict = "allow";
  record.rule = "the proxy's own page";
  const length = String(Buffer.byteLength(page));
  const headers = ["content-type", "application/json", "content-length", length, "cache-control", "no-store"];
  client.answer(200, headers, page, false);
}
