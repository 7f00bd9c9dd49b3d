// From what a bottle asked for to the least table that would have allowed it, and what of the present one was not needed.

import * as z from "zod";

import { canonicalJson } from "#domain/json.ts";

import type { EgressSeen, SeenRequest } from "./control.ts";
import { covers } from "./covers.ts";
import { fitsWithoutHeaders, isMethod, narrow, ruleOf } from "./narrow-route.ts";
import { ALLOWLIST_HOST } from "./own-page.ts";
import { Route, type RouteMatch, type RouteTable, TableRoute } from "./route.ts";

export const LearnedRoute = z.strictObject({
  route: Route,
  /**
   * same: as a rule that is there. narrower: a rule that is there allows more, its conditions are kept. missing: it was
   * asked for, and no rule that is there allows it. unanswered: a rule allows it, and no server ever answered.
   */
  state: z.enum(["same", "narrower", "missing", "unanswered"]),
  count: z.int().positive(),
  allowed: z.int().nonnegative(),
  last_seen: z.iso.datetime(),
  /** The credential of the rule that is there, where nobody knows the operator's variable: it must be kept. */
  credential: z.string().optional(),
});
export type LearnedRoute = z.infer<typeof LearnedRoute>;

export const Learned = z.strictObject({
  since: z.iso.datetime(),
  /** Hosts by name; what was refused last. */
  routes: z.array(LearnedRoute),
  /** Of the table: nothing was seen that needed them. Tunnels that are not read cannot be told, and are not among them. */
  unused: z.array(TableRoute),
  /** Kinds of request that were not kept, because there were too many: something may be missing here. */
  left_out: z.int().nonnegative(),
});
export type Learned = z.infer<typeof Learned>;

export interface LearnFrom {
  readonly now: Date;
  /** The operator's variable of each credential slot, as far as the definition tells it. */
  readonly variables?: Readonly<Record<string, string>>;
}

interface Group {
  readonly host: string;
  readonly kinds: SeenRequest[];
  /** Rules that are there; none for what is missing. They say the same beside methods and paths. */
  readonly present: TableRoute[];
}

export function learnRoutes(seen: EgressSeen, table: RouteTable, { now, variables = {} }: LearnFrom): Learned {
  const standing = table.routes.filter((route) => isStanding(route, now));
  const needed = new Map<string, Group>();
  const missing = new Map<string, Group>();
  for (const kind of seen.requests) {
    if (kind.host === ALLOWLIST_HOST) continue;
    const allowing = kind.allowed === 0 ? [] : allowingOf(kind, standing);
    for (const route of allowing) put(needed, `${kind.host} ${route.port ?? ""} ${conditionsOf(route)}`, kind, route);
    if (allowing.length > 0 || !isMethod(kind.method)) continue;
    // What a rule allows and was refused all the same had a secret in it, or met a limit: nothing to learn from.
    if (standing.some((route) => covers(route, kind))) continue;
    put(missing, `${kind.host} ${placeOf(kind, standing)}`, kind);
  }
  return {
    since: seen.since,
    routes: [
      ...inOrder(needed).map((group) => learnedRoute(group, variables)),
      ...inOrder(missing).map((group) => missingRoute(group)),
    ],
    unused: standing.filter((route) => !seen.requests.some((kind) => isReached(route, kind))),
    left_out: seen.left_out,
  };
}

/** For requests like those of later, and read. */
function isStanding({ once, raw_tcp, pipelock, expires_at }: TableRoute, now: Date): boolean {
  if (once === true || raw_tcp === true || pipelock?.tls_passthrough === true) return false;
  return expires_at === undefined || new Date(expires_at) > now;
}

function put(groups: Map<string, Group>, key: string, kind: SeenRequest, route?: TableRoute): void {
  const group = groups.get(key) ?? { host: kind.host, kinds: [], present: [] };
  if (!group.kinds.includes(kind)) group.kinds.push(kind);
  if (route !== undefined && !group.present.includes(route)) group.present.push(route);
  groups.set(key, group);
}

function inOrder(groups: ReadonlyMap<string, Group>): Group[] {
  return [...groups].toSorted(([one], [other]) => (one < other ? -1 : 1)).map(([, group]) => group);
}

/** The closest rule that may have allowed it; where a header decides there, which nobody wrote down, also the next. */
function allowingOf(kind: SeenRequest, standing: readonly TableRoute[]): TableRoute[] {
  const able = standing
    .filter((route) => isReached(route, kind))
    .toSorted((one, other) => closeness(other.host) - closeness(one.host));
  const certain = able.findIndex((route) => fitsWithoutHeaders(route, kind) && covers(route, kind));
  return certain === -1 ? able : able.slice(0, certain + 1);
}

function closeness(host: string): number {
  return host.startsWith("*.") ? host.length : Infinity;
}

/** Also where only a part of a folder that stands for many requests is allowed. */
function isReached(route: TableRoute, kind: SeenRequest): boolean {
  const { path_allowlist: _paths, methods: _methods, matches: _matches, ...place } = route;
  return covers(place, kind) && narrow(route, [kind]).length > 0;
}

/** Equal for rules that differ in methods and paths only. */
function conditionsOf(route: TableRoute): string {
  const { http = false, port = null, auth = null } = route;
  return canonicalJson({ ...keptOf(route), http, port, auth });
}

/** What a rule says beside what it allows stays as it is. */
function keptOf({ dlp, limits, encoded_slashes, pipelock }: TableRoute): Partial<Route> {
  return {
    ...(dlp === undefined ? {} : { dlp }),
    ...(limits === undefined ? {} : { limits }),
    ...(encoded_slashes === undefined ? {} : { encoded_slashes }),
    ...(pipelock === undefined ? {} : { pipelock }),
  };
}

function learnedRoute({ host, kinds, present }: Group, variables: Readonly<Record<string, string>>): LearnedRoute {
  const [like] = present as [TableRoute];
  const { auth, port } = like;
  const variable = auth === undefined ? undefined : variables[auth.slot];
  const route: Route = {
    host,
    ...(port === undefined ? {} : { port }),
    ...(kinds.some(({ scheme }) => scheme === "http") ? { http: true } : {}),
    ...ruleOf(unique(present.flatMap((rule) => narrow(rule, kinds)))),
    ...(auth === undefined || variable === undefined ? {} : { auth: { scheme: auth.scheme, token_ref: variable } }),
    ...keptOf(like),
  };
  return {
    route,
    state: isUnanswered(kinds) ? "unanswered" : present.some((rule) => isSame(rule, route)) ? "same" : "narrower",
    ...numbersOf(kinds),
    ...(auth === undefined || variable !== undefined ? {} : { credential: `${auth.scheme} ${auth.slot}` }),
  };
}

function missingRoute({ host, kinds }: Group): LearnedRoute {
  const [first] = kinds as [SeenRequest];
  const usual = kinds.every(({ scheme, port }) => port === (scheme === "http" ? 80 : 443));
  const route: Route = {
    host,
    ...(usual ? {} : { port: first.port }),
    ...(kinds.some(({ scheme }) => scheme === "http") ? { http: true } : {}),
    ...ruleOf(narrow({}, kinds)),
  };
  return { route, state: "missing", ...numbersOf(kinds) };
}

/** Requests of one place are one route: plain HTTP on port 80 goes with HTTPS on 443, unless a credential is sent there. */
function placeOf({ scheme, host, port }: SeenRequest, standing: readonly TableRoute[]): string {
  const joins = scheme === "http" && port === 80 && !standing.some((route) => route.host === host && route.auth);
  if (joins || (scheme === "https" && port === 443)) return "443";
  return scheme === "http" ? `http ${port}` : String(port);
}

/** Proxies of before tell nothing of it. */
function isUnanswered(kinds: readonly SeenRequest[]): boolean {
  return kinds.every(({ answered }) => answered === 0);
}

function numbersOf(kinds: readonly SeenRequest[]): Pick<LearnedRoute, "count" | "allowed" | "last_seen"> {
  return {
    count: sum(kinds, ({ count }) => count),
    allowed: sum(kinds, ({ allowed }) => allowed),
    last_seen: kinds.map(({ last_seen }) => last_seen).reduce((one, other) => (one > other ? one : other)),
  };
}

function unique(matches: readonly RouteMatch[]): RouteMatch[] {
  return [...new Map(matches.map((match) => [canonicalJson(match), match])).values()];
}

function isSame(present: TableRoute, route: Route): boolean {
  const said = ({ host, methods, path_allowlist, matches, http, port }: Route | TableRoute): string =>
    canonicalJson({
      host,
      methods: methods?.toSorted() ?? null,
      paths: path_allowlist?.toSorted() ?? null,
      matches: matches ?? null,
      http: http ?? false,
      port: port ?? 443,
    });
  return said(present) === said(route);
}

function sum(kinds: readonly SeenRequest[], of: (kind: SeenRequest) => number): number {
  return kinds.reduce((total, kind) => total + of(kind), 0);
}
