// The egress proxy's control socket, operator side only: JSON over HTTP on a unix socket.
//   GET  /status → EgressStatus
//   POST /test {url, method, headers?} → EgressVerdict   (what would happen, and by which rule; nothing is sent)
//   GET  /events → one EgressRequest a line, as they begin to last (`open`) and as they end (NDJSON, stays open)
//   GET  /seen   → EgressSeen   (what was asked for since the bottle was made, folded: what `learn` works on)
// A proxy of another version may say more: what is not known here is dropped.

import * as z from "zod";

import { RouteTable } from "#domain/egress/route.ts";

/** `redact`: it went out with something replaced by stars. */
const Verdict = z.enum(["allow", "block", "hold", "redact"]);

/** What a scan found in one request or its answer; never the value. */
export const EgressFinding = z.object({
  /** Id of the rule, such as `aws-access-key` or `injection:ignore-instructions`. */
  rule: z.string(),
  direction: z.enum(["outbound", "inbound"]),
  /** In words: `query key "token"`, `header X-Note`, `body, base64 within gzip`. */
  where: z.string(),
  action: z.enum(["warned", "redacted", "masked", "blocked", "allowed"]),
});
export type EgressFinding = z.infer<typeof EgressFinding>;

/** One request as the proxy saw it; no header or body values. */
export const EgressRequest = z.object({
  /** Counts the requests of this run of the proxy; the same in all that is said of one request. */
  id: z.int().nonnegative(),
  at: z.iso.datetime(),
  verdict: Verdict,
  method: z.string(),
  scheme: z.enum(["http", "https"]),
  /** How it came: `tcp` is a tunnel that is not read (raw_tcp, tls_passthrough). */
  protocol: z.enum(["http/1.1", "h2", "websocket", "tcp"]),
  host: z.string(),
  port: z.int(),
  path: z.string(),
  /** The status that the agent got; 0 while there is none. */
  status: z.int(),
  bytes_up: z.int(),
  bytes_down: z.int(),
  ms: z.number(),
  /** The rule that decided, in words. */
  rule: z.string(),
  decision: z.string().optional(),
  /** Of a refused request: id of the proposal that it became, or that was not approved. */
  proposal: z.string().optional(),
  findings: z.array(EgressFinding).optional(),
  /** It has not ended: a held request, a stream, a tunnel. A later line with the same `id` says the rest. */
  open: z.literal(true).optional(),
});
export type EgressRequest = z.infer<typeof EgressRequest>;

export const EgressCounters = z.object({
  allowed: z.int(),
  blocked: z.int(),
  held: z.int(),
  redacted: z.int(),
  /** Findings in what was about to leave, and in answers. */
  outbound_findings: z.int(),
  inbound_findings: z.int(),
  /** Connections of clients, and tunnels among them, that are open now. */
  open: z.int(),
  tunnels: z.int(),
  bytes_up: z.int(),
  bytes_down: z.int(),
});
export type EgressCounters = z.infer<typeof EgressCounters>;

export const NO_TRAFFIC: EgressCounters = {
  allowed: 0,
  blocked: 0,
  held: 0,
  redacted: 0,
  outbound_findings: 0,
  inbound_findings: 0,
  open: 0,
  tunnels: 0,
  bytes_up: 0,
  bytes_down: 0,
};

/** How much of one limit is used up. */
export const LimitUse = z.object({
  /** The route's rule in words, as requests name it; missing where it is the bottle's budget. */
  route: z.string().optional(),
  limit: z.enum(["requests_per_minute", "requests_per_day", "bytes_per_day"]),
  /** Of the last minute, or of this day (UTC). Null: it cannot be known, and counts as used up. */
  used: z.int().nonnegative().nullable(),
  most: z.int().positive(),
});
export type LimitUse = z.infer<typeof LimitUse>;

export const EgressStatus = z.object({
  /** Counts the tables put in force since the proxy was started; 1 is the first. */
  version: z.int().positive(),
  /** SHA-256 of the text of the table in force: equal to that of the file when the reload is done. */
  table_digest: z.string(),
  table: RouteTable,
  /** Why the newest file is not in force. */
  reload_error: z.string().optional(),
  counters: EgressCounters,
  /** Of each limit in the table in force, the budget first; missing where there is none. */
  usage: z.array(LimitUse).optional(),
  /** Newest last. */
  recent: z.array(EgressRequest),
});
export type EgressStatus = z.infer<typeof EgressStatus>;

/** One thing that the proxy looked at on its way to the verdict, in order. */
export const VerdictStep = z.object({
  /** parse, normalise, git push, match, limits, credential, scan, … */
  step: z.string(),
  state: z.enum(["ok", "no", "note"]),
  detail: z.string(),
});
export type VerdictStep = z.infer<typeof VerdictStep>;

export const EgressVerdict = z.object({
  verdict: Verdict,
  rule: z.string(),
  reason: z.string(),
  steps: z.array(VerdictStep),
});
export type EgressVerdict = z.infer<typeof EgressVerdict>;

/** One kind of request: the path is folded to what a rule would say of it. */
export const SeenRequest = z.object({
  scheme: z.enum(["http", "https"]),
  host: z.string(),
  port: z.int(),
  method: z.string(),
  /** The request's path without its query, or the folder that stands for many of them (it ends with a slash then). */
  path: z.string(),
  count: z.int().positive(),
  allowed: z.int().nonnegative(),
  /** Of those, how many got an answer that was not the proxy's own 502; missing where an older proxy did not count them. */
  answered: z.int().nonnegative().optional(),
  last_seen: z.iso.datetime(),
});
export type SeenRequest = z.infer<typeof SeenRequest>;

export const EgressSeen = z.object({
  since: z.iso.datetime(),
  requests: z.array(SeenRequest),
  /** Kinds that were left out because there were too many. */
  left_out: z.int().nonnegative(),
});
export type EgressSeen = z.infer<typeof EgressSeen>;
