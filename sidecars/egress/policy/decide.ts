// The verdict on one request: given the table and the time, let it through by which route, refuse it, or ask the operator.

import type { RouteTable, TableRoute } from "#domain/egress/route.ts";
import type { EgressBlockPayload } from "#domain/proposal/proposal.ts";

import { isUnder } from "./normalise-path.ts";
import type { Destination } from "./parse-request.ts";
import type { Refusal } from "./refusal.ts";

export type Verdict =
  | { readonly verdict: "allow"; readonly route: TableRoute; readonly rule: string; readonly reason: string }
  | { readonly verdict: "block"; readonly rule: string; readonly reason: string; readonly refusal: Refusal }
  /** The operator is asked while the client waits; `refusal` is the answer when nobody says yes. */
  | { readonly verdict: "hold"; readonly rule: string; readonly reason: string; readonly refusal: Refusal };

/** `usedOnce` are the ids of the decisions whose one request has gone out. Default deny. */
export function decide(request: Destination, table: RouteTable, now: Date, usedOnce: ReadonlySet<string>): Verdict {
  if (request.isAddress) return block("names only", `${request.host} is an address, and rules are for names`);
  const live = table.routes.filter((route) => coversHost(route.host, request.host) && isLive(route, now, usedOnce));
  const allowed = best(live.filter((route) => objection(route, request) === undefined));
  if (allowed !== undefined) return allow(allowed, request);
  const suggestion = suggest(request);
  // What an approval added does not make a host known: the operator who wants to be asked is asked about the rest of it.
  const known = live.filter((route) => route.decision === undefined);
  const [closest] = known.length > 0 ? known : live;
  const why =
    closest === undefined
      ? unknownHost(request, table, now, usedOnce)
      : (objection(closest, request) ?? unlisted(request));
  if (known.length === 0 && table.on_unknown_host === "hold" && request.scheme === "https") {
    return { ...block(why.rule, why.reason, suggestion), verdict: "hold" };
  }
  return block(why.rule, why.reason, suggestion);
}

/** The narrowest rule that would let the request through: what the operator is shown and an agent can ask for. */
export function suggest(request: Destination): EgressBlockPayload {
  return {
    host: request.host,
    port: request.scheme === "http" && request.port === 80 ? 443 : request.port,
    methods: [request.method],
    path_allowlist: [prefixFor(request.path)],
  };
}

interface Objection {
  readonly rule: string;
  readonly reason: string;
}

/** Exact, or `*.example.com` for one label or more before it, never for example.com itself. */
export function coversHost(rule: string, host: string): boolean {
  return rule.startsWith("*.") ? host.endsWith(rule.slice(1)) && host.length > rule.length - 1 : rule === host;
}

function isLive(route: TableRoute, now: Date, usedOnce: ReadonlySet<string>): boolean {
  if (route.expires_at !== undefined && new Date(route.expires_at) <= now) return false;
  return !(route.once === true && (route.decision === undefined || usedOnce.has(route.decision)));
}

/** Why this route does not cover the request, on its host. */
function objection(route: TableRoute, request: Destination): Objection | undefined {
  const { scheme, port, method, path } = request;
  if (scheme === "http" && (route.http !== true || route.auth !== undefined)) {
    return { rule: "no plain HTTP", reason: `plain HTTP to ${route.host} is not allowed; use https://` };
  }
  const expected = route.port ?? (scheme === "http" ? 80 : 443);
  if (port !== expected) return { rule: "port", reason: `only port ${expected} of ${route.host} is allowed` };
  if (route.methods !== undefined && !route.methods.includes(method)) {
    return { rule: "methods", reason: `${method} is not among ${route.methods.join(", ")} for ${route.host}` };
  }
  if (route.path_allowlist !== undefined && !route.path_allowlist.some((prefix) => isUnder(path, prefix))) {
    return {
      rule: "path_allowlist",
      reason: `the path is not under ${route.path_allowlist.join(", ")} of ${route.host}`,
    };
  }
  return undefined;
}

/** A standing route before one that is used up; else the first in the table. */
function best(routes: readonly TableRoute[]): TableRoute | undefined {
  return routes.find((route) => route.once !== true) ?? routes[0];
}

function allow(route: TableRoute, request: Destination): Verdict {
  return {
    verdict: "allow",
    route,
    rule: describeRoute(route),
    reason: `${request.method} ${request.host} is on the allowlist`,
  };
}

function block(rule: string, reason: string, suggestion?: EgressBlockPayload): Extract<Verdict, { verdict: "block" }> {
  const refusal: Refusal = {
    status: 403,
    code: "blocked",
    rule,
    reason,
    ...(suggestion === undefined ? {} : { suggestion }),
  };
  return { verdict: "block", rule, reason, refusal };
}

function unknownHost(request: Destination, table: RouteTable, now: Date, usedOnce: ReadonlySet<string>): Objection {
  const spent = table.routes.find((route) => coversHost(route.host, request.host) && !isLive(route, now, usedOnce));
  if (spent === undefined) return unlisted(request);
  const used = spent.once === true && spent.decision !== undefined && usedOnce.has(spent.decision);
  return used
    ? { rule: "once", reason: `the one request to ${request.host} that was approved has gone out` }
    : { rule: "expires_at", reason: `the approval for ${request.host} ended at ${spent.expires_at ?? "its time"}` };
}

function unlisted(request: Destination): Objection {
  const hint = request.scheme === "http" ? "; use https:// when it is" : "";
  return { rule: "default deny", reason: `${request.host} is not on the allowlist${hint}` };
}

/** `api.github.com:443 GET,POST /repos/acme/`: a route in one line, as the operator reads it in logs. */
function describeRoute(route: TableRoute): string {
  const methods = route.methods?.join(",") ?? "any method";
  const paths = route.path_allowlist?.join(",") ?? "any path";
  const once = route.once === true ? " once" : "";
  return `${route.host}:${route.port ?? 443} ${methods} ${paths}${once}`;
}

/** The path written as a prefix that the table takes back: escaped, cut at a segment when very long. */
function prefixFor(path: string): string {
  const escaped = encodeURI(path).replaceAll("?", "%3F").replaceAll("#", "%23");
  if (escaped.length <= 1024) return escaped;
  return escaped.slice(0, escaped.lastIndexOf("/", 1023) + 1) || "/";
}
