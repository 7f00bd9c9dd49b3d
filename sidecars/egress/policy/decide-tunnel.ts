// What becomes of a CONNECT, before anything is known but host and port: TLS is ended here and each request decided, or
// the tunnel goes through as a whole.

import type { RouteTable, TableRoute } from "#domain/egress/route.ts";

import { isLive, overReason } from "./liveness.ts";
import type { Refusal } from "./refusal.ts";
import { type Candidate, candidatesFor } from "./table-index.ts";

export type TunnelVerdict =
  /** Also for a host that nobody knows: its requests are read, and refused or held with a reason that the client can read. */
  | { readonly kind: "intercept" }
  /** The server name of the ClientHello must be `host`; then all bytes go through. No credential, nothing read. */
  | { readonly kind: "passthrough"; readonly route: TableRoute; readonly rule: string; readonly reason: string }
  /** All bytes go through. */
  | { readonly kind: "raw"; readonly route: TableRoute; readonly rule: string; readonly reason: string }
  /**
   * The host has routes for whole tunnels only, and none is for this port and this moment. Nothing is held here: what the
   * operator could approve is a route for requests, and whoever wants a plain tunnel could not use it.
   */
  | { readonly kind: "refuse"; readonly rule: string; readonly reason: string; readonly refusal: Refusal };

/**
 * `host` is a normalised name. The most specific host rule with a live route for the port decides, and where one host rule
 * has routes of several kinds, the one that looks closest: intercepted, then passed through, then raw.
 */
export function decideTunnel(
  host: string,
  port: number,
  table: RouteTable,
  now: Date,
  usedOnce: ReadonlySet<string>,
): TunnelVerdict {
  const candidates = candidatesFor(table, host);
  const open = candidates.filter(
    (candidate) => (candidate.route.port ?? 443) === port && isLive(candidate, now, usedOnce),
  );
  const [closest] = open.filter(({ route }) => route.host === open[0]?.route.host).toSorted(byCloseness);
  if (closest !== undefined) return verdictBy(closest, host, port);
  if (candidates.length === 0 || candidates.some(({ kind }) => kind === "intercepted")) return { kind: "intercept" };
  const ended = candidates.find(({ route }) => (route.port ?? 443) === port);
  if (ended !== undefined) return refuse(overReason(ended.route, host, usedOnce));
  const ports = [...new Set(candidates.map(({ route }) => route.port ?? 443))];
  return refuse({ rule: "port", reason: `only port ${ports.join(", ")} of ${host} is allowed` });
}

const CLOSENESS = { intercepted: 0, passthrough: 1, raw: 2 } as const;

/** A standing route before one that is used up. */
function byCloseness(one: Candidate, other: Candidate): number {
  const closer = CLOSENESS[one.kind] - CLOSENESS[other.kind];
  return closer === 0 ? Number(one.route.once === true) - Number(other.route.once === true) : closer;
}

function verdictBy({ kind, route, rule }: Candidate, host: string, port: number): TunnelVerdict {
  switch (kind) {
    case "intercepted":
      return { kind: "intercept" };
    case "passthrough":
      return { kind, route, rule, reason: `TLS to ${host}:${port} passes through unopened` };
    case "raw":
      return { kind, route, rule, reason: `a plain tunnel to ${host}:${port} is on the allowlist` };
  }
}

function refuse({ rule, reason }: { rule: string; reason: string }): TunnelVerdict {
  return { kind: "refuse", rule, reason, refusal: { status: 403, code: "blocked", rule, reason } };
}
