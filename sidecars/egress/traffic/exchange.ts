// One request from its head to its end: read strictly, cleared or refused, sent on, and recorded when it is over.

import type { IncomingMessage, ServerResponse } from "node:http";

import { ALLOWLIST_HOST, allowlistPage } from "../policy/allowlist-page.ts";
import { outboundHeaders } from "../policy/headers.ts";
import { type ParsedRequest, parseRequest, type Via } from "../policy/parse-request.ts";
import { type Refusal, refusalBody } from "../policy/refusal.ts";
import { type Clearance, type ClearanceDeps, clearRequest } from "./clearance.ts";
import { type ExchangeRecord, finishRecord, startRecord } from "./exchange-record.ts";
import { bodyOf, forward } from "./forward.ts";
import type { Live } from "./live.ts";
import type { Upstream } from "./upstream.ts";

export interface ExchangeDeps extends ClearanceDeps {
  readonly upstream: Upstream;
  readonly live: Live;
}

/** Answers the request whatever happens; never rejects. */
export async function exchange(
  incoming: IncomingMessage,
  response: ServerResponse,
  via: Via,
  deps: ExchangeDeps,
): Promise<void> {
  response.sendDate = false;
  response.on("error", () => {}); // `close` follows and tells
  const { method = "", url = "", rawHeaders } = incoming;
  const parsed = parseRequest({ method, target: url, rawHeaders }, via);
  const record = startRecord(method, via, parsed.ok ? parsed.request : undefined, parsed.ok ? "" : parsed.host);
  response.once("close", () => {
    deps.traffic.ended(finishRecord(record, response.headersSent ? response.statusCode : 0));
  });
  try {
    if (parsed.ok) await serve(incoming, response, parsed.request, record, deps);
    else refuseBroken(response, record, parsed.refusal, deps);
  } catch (error) {
    // A throw that nobody catches would end the process, and every tunnel with it.
    refuse(response, record, internal(error), undefined, true);
  }
}

async function serve(
  incoming: IncomingMessage,
  response: ServerResponse,
  request: ParsedRequest,
  record: ExchangeRecord,
  deps: ExchangeDeps,
): Promise<void> {
  if (request.host === ALLOWLIST_HOST) return showAllowlist(response, record, request, deps);
  const clearance = await clearRequest(request, upgradeRefusal(incoming), whenGone(response), deps);
  switch (clearance.clear) {
    case "yes":
      return send(incoming, response, request, clearance, record, deps);
    case "no": {
      // Whoever waits for "100 Continue" may or may not send the body now: nothing after it could be told from it.
      const close = incoming.headers.expect !== undefined;
      return refuse(response, record, clearance.refusal, clearance.proposal, close);
    }
    case "gone":
  }
}

/** Whoever sends what could be read in two ways gets no second request on this connection. */
function refuseBroken(
  response: ServerResponse,
  record: ExchangeRecord,
  refusal: Refusal,
  { audit }: ExchangeDeps,
): void {
  const { host, method } = record;
  audit.note("request-blocked", `${host} (${refusal.rule})`, `a ${method} request for ${host}: ${refusal.reason}`);
  refuse(response, record, refusal, undefined, true);
}

function send(
  incoming: IncomingMessage,
  response: ServerResponse,
  request: ParsedRequest,
  { route, rule, credential, stillAllowed }: Extract<Clearance, { clear: "yes" }>,
  record: ExchangeRecord,
  deps: ExchangeDeps,
): void {
  if (response.destroyed) return;
  record.verdict = "allow";
  record.rule = rule;
  record.decision = route.decision;
  if (incoming.headers.expect !== undefined) response.writeContinue();
  const headers = [...outboundHeaders(incoming.rawHeaders, hostHeader(request), credential), ...framing(incoming)];
  const cut = forward({
    incoming,
    response,
    send: () => deps.upstream.request(request, route, headers),
    secrets: credential.state === "header" ? credential.secrets : [],
    failed: (refusal) => refuse(response, record, refusal, undefined, true),
    count: (direction, bytes) => void (record[direction] += bytes),
  });
  const leave = deps.live.add(stillAllowed, () => {
    record.rule = `revoked: ${rule}`;
    cut();
  });
  response.once("close", leave);
}

function hostHeader({ scheme, host, port }: ParsedRequest): string {
  return port === (scheme === "https" ? 443 : 80) ? host : `${host}:${port}`;
}

/** Written anew from what was checked, so that no framing of the client's own spelling travels on. */
function framing(incoming: IncomingMessage): string[] {
  switch (bodyOf(incoming)) {
    case "chunked":
      return ["Transfer-Encoding", "chunked"];
    case "length":
      return ["Content-Length", incoming.headers["content-length"] ?? "0"];
    case "none":
      return ["POST", "PUT", "PATCH"].includes(incoming.method ?? "") ? ["Content-Length", "0"] : [];
  }
}

function upgradeRefusal({ headers }: IncomingMessage): Refusal | undefined {
  const wanted = headers.upgrade?.toLowerCase();
  if (wanted === undefined || !wanted.includes("websocket")) return undefined; // h2c and the like are simply not taken up
  // 426 makes clients that can (Codex) fall back to plain HTTP at once.
  return {
    status: 426,
    code: "upgrade_refused",
    rule: "no WebSocket",
    reason: "WebSocket is not carried by this proxy yet; use plain HTTP requests",
  };
}

function showAllowlist(
  response: ServerResponse,
  record: ExchangeRecord,
  request: ParsedRequest,
  { table }: ExchangeDeps,
): void {
  const page =
    request.method === "GET" || request.method === "HEAD"
      ? allowlistPage(request.path, table(), new Date())
      : undefined;
  if (page === undefined) {
    const reason = `there is only GET http://${ALLOWLIST_HOST}/allowlist here`;
    return refuse(response, record, { status: 404, code: "bad_request", rule: ALLOWLIST_HOST, reason });
  }
  record.verdict = "allow";
  record.rule = "the proxy's own page";
  response.writeHead(200, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(page),
    "cache-control": "no-store",
  });
  response.end(page);
}

function refuse(
  response: ServerResponse,
  record: ExchangeRecord,
  refusal: Refusal,
  proposal?: string,
  close = false,
): void {
  record.rule = `${refusal.rule}: ${refusal.reason}`;
  if (response.headersSent || response.destroyed) return void response.destroy();
  const body = refusalBody(refusal, record.host, proposal);
  response.writeHead(refusal.status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
    "cache-control": "no-store",
    "x-bottle-egress": refusal.code,
    ...(refusal.status === 405 ? { allow: "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS" } : {}),
    ...(close ? { connection: "close" } : {}),
  });
  response.end(body);
}

function internal(error: unknown): Refusal {
  const reason = `the proxy failed: ${error instanceof Error ? error.message : String(error)}`;
  return { status: 502, code: "upstream_failed", rule: "proxy", reason };
}

function whenGone(response: ServerResponse): AbortSignal {
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  return gone.signal;
}
