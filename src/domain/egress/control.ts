// The egress proxy's control socket, operator side only: JSON over HTTP on a unix socket.
//   GET  /status          → EgressStatus
//   POST /test {url, method} → EgressVerdict   (what would happen, and by which rule; nothing is sent)
//   GET  /events          → one EgressRequest a line, as they end (NDJSON, stays open)

import * as z from "zod";

import { RouteTable } from "#domain/egress/route.ts";

const Verdict = z.enum(["allow", "block", "hold"]);

/** One request as the proxy saw it; no header or body values. */
export const EgressRequest = z.strictObject({
  at: z.iso.datetime(),
  verdict: Verdict,
  method: z.string(),
  scheme: z.enum(["http", "https"]),
  host: z.string(),
  port: z.int(),
  path: z.string(),
  /** The status that the agent got. */
  status: z.int(),
  bytes_up: z.int(),
  bytes_down: z.int(),
  ms: z.number(),
  /** The rule that decided, in words. */
  rule: z.string(),
  decision: z.string().optional(),
});
export type EgressRequest = z.infer<typeof EgressRequest>;

export const EgressStatus = z.strictObject({
  /** Counts the tables put in force since the proxy was started; 1 is the first. */
  version: z.int().positive(),
  /** SHA-256 of the text of the table in force: equal to that of the file when the reload is done. */
  table_digest: z.string(),
  table: RouteTable,
  /** Why the newest file is not in force. */
  reload_error: z.string().optional(),
  counters: z.strictObject({
    allowed: z.int(),
    blocked: z.int(),
    held: z.int(),
    open: z.int(),
  }),
  recent: z.array(EgressRequest),
});
export type EgressStatus = z.infer<typeof EgressStatus>;

export const EgressVerdict = z.strictObject({ verdict: Verdict, rule: z.string(), reason: z.string() });
export type EgressVerdict = z.infer<typeof EgressVerdict>;
