// The verdict on one request: given the table and the time, let it through by which route, refuse it, or ask the operator.
//
// Any route that allows a request, allows it: a further route never takes something away. Where several do, it goes by a
// standing one before one that would be used up, then by the most specific: an exact host before a wildcard, a longer
// wildcard before a shorter, a longer path prefix before a shorter, and else the first in the table. Its credential, its
// limits and its scanning are those of that one route.

import type { RouteTable, TableRoute } from "#domain/egress/route.ts";
import { narrowestRule } from "#domain/proposal/narrowest-rule.ts";
import type { EgressBlockPayload } from "#domain/proposal/proposal.ts";

import { isLive, overReason } from "./liveness.ts";
import { type Objection, objectionTo, pathLength } from "./objection.ts";
import type { Destination } from "./parse-request.ts";
import type { Refusal } from "./refusal.ts";
import { type Candidate, candidatesFor } from "./table-index.ts";

export type Verdict =
  | { readonly verdict: "allow"; readonly route: TableRoute; readonly rule: string; readonly reason: string }
  | { readonly verdict: "block"; readonly rule: string; readonly reason: string; readonly refusal: Refusal }
  /** The operator is asked while the client waits; `refusal` is the answer when nobody says yes. */
  | { readonly verdict: "hold"; readonly rule: string; readonly reason: string; readonly refusal: Refusal };

/** `usedOnce` are the ids of the decisions whose one request has gone out. Default deny. */
export function decide(request: Destination, table: RouteTable, now: Date, usedOnce: ReadonlySet<string>): Verdict {
  if (request.isAddress) return address(request.host);
  const candidates = candidatesFor(table, request.host);
  let chosen: Candidate | undefined;
  for (const candidate of candidates) {
    if (!isLive(candidate, now, usedOnce) || objectionTo(candidate, request) !== undefined) continue;
    if (chosen === undefined || isBetter(candidate, chosen, request)) chosen = candidate;
  }
  if (chosen === undefined) return notAllowed(request, candidates, table, now, usedOnce);
  const reason = `${request.method} ${request.host} is on the allowlist`;
  return { verdict: "allow", route: chosen.route, rule: chosen.rule, reason };
}

/** Candidates come with the more specific host first, and in the table's order within it. */
function isBetter(one: Candidate, than: Candidate, { path }: Destination): boolean {
  const isOnce = one.route.once === true;
  if (isOnce !== (than.route.once === true)) return !isOnce;
  return one.route.host === than.route.host && pathLength(one, path) > pathLength(than, path);
}

function notAllowed(
  request: Destination,
  candidates: readonly Candidate[],
  table: RouteTable,
  now: Date,
  usedOnce: ReadonlySet<string>,
): Verdict {
  if (request.encodedSlash === true) return encodedSlash(request);
  if (candidates.length === 0 && isUnasked(request, table)) {
    return block("nobody is asked", "the agent calls this on its own at each start, and works without it");
  }
  const live = candidates.filter((candidate) => isLive(candidate, now, usedOnce));
  // What an approval added does not make a host known: the operator who wants to be asked is asked about the rest of it.
  const known = live.filter(({ route }) => route.decision === undefined);
  const [over] = candidates;
  const why =
    closestObjection(known.length > 0 ? known : live, request) ??
    (over === undefined ? unlisted(request, table) : overReason(over.route, request.host, usedOnce));
  if (why.rule === "no plain HTTP" && isAllowedSecurely(request, table, now, usedOnce)) return secureOnly(why);
  const blocked = block(why.rule, why.reason, narrowestRule(request));
  const asks = known.length === 0 && table.on_unknown_host === "hold" && request.scheme === "https";
  return asks ? { ...blocked, verdict: "hold" } : blocked;
}

function isUnasked({ host, path, method }: Destination, { unasked = [] }: RouteTable): boolean {
  const plain = path.split("?", 1)[0];
  return method === "GET" && unasked.some((call) => call.host === host && call.path === plain);
}

/** Of the route that the request comes closest to. */
function closestObjection(candidates: readonly Candidate[], request: Destination): Objection | undefined {
  let closest: Objection | undefined;
  for (const candidate of candidates) {
    const objection = objectionTo(candidate, request);
    if (objection !== undefined && (closest === undefined || objection.distance < closest.distance))
      closest = objection;
  }
  return closest;
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

/** Not put before the operator: an approval is a route with a path, which such a request never fits. */
function encodedSlash({ host }: Destination): Verdict {
  const rule = "unambiguous path";
  const reason = `the path has an encoded slash (%2F), which only a route to ${host} with \`encoded_slashes: true\` and no path rules lets through`;
  return { verdict: "block", rule, reason, refusal: { status: 400, code: "bad_request", rule, reason, todo: SLASHES } };
}

const SLASHES = "write the slash as it is, or ask the operator for `encoded_slashes` on the route";

function address(host: string): Verdict {
  const verdict = block("names only", `${host} is an address, and rules are for names`);
  return { ...verdict, refusal: { ...verdict.refusal, todo: "use the name of the host" } };
}

/** Nothing to ask the operator for: the rule is there. */
function isAllowedSecurely(request: Destination, table: RouteTable, now: Date, usedOnce: ReadonlySet<string>): boolean {
  const port = request.port === 80 ? 443 : request.port;
  return decide({ ...request, scheme: "https", port }, table, now, usedOnce).verdict === "allow";
}

function secureOnly({ rule, reason }: Pick<Objection, "rule" | "reason">): Verdict {
  const verdict = block(rule, reason);
  return { ...verdict, refusal: { ...verdict.refusal, todo: "use https://" } };
}

function unlisted({ host, scheme }: Destination, { routes }: RouteTable): Pick<Objection, "rule" | "reason"> {
  const below = routes.some((route) => route.host === `*.${host}`) ? `: *.${host} is for the names below it` : "";
  const hint = scheme === "http" ? "; use https:// when it is" : "";
  return { rule: "default deny", reason: `${host} is not on the allowlist${below}${hint}` };
}
