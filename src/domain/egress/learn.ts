// From what a bottle asked for to the least table that would have allowed it, and what of the present one was not needed.

import * as z from "zod";

import { canonicalJson } from "#domain/json.ts";

import type { EgressSeen, SeenRequest } from "./control.ts";
import { covers, isUnder } from "./covers.ts";
import { ALLOWLIST_HOST } from "./own-page.ts";
import { Route, type RouteMatch, type RouteTable, TableRoute } from "./route.ts";
import { isPlainPath } from "./table.ts";

export const LearnedRoute = z.strictObject({
  route: Route,
  /** same: as a rule that is there. narrower: a rule that is there allows more. missing: it was asked for, and refused. */
  state: z.enum(["same", "narrower", "missing"]),
  count: z.int().positive(),
  allowed: z.int().nonnegative(),
  last_seen: z.iso.datetime(),
  /** The slot of the rule that is there: a learned route names no credential, and must keep this one. */
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

/** More prefixes than these for one host, and they are folded into their folders. */
const MOST_PATHS = 8;
const ORDER = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"];

export function learnRoutes(seen: EgressSeen, table: RouteTable): Learned {
  const standing = table.routes.filter(({ once, raw_tcp, pipelock }) => {
    return once !== true && raw_tcp !== true && pipelock?.tls_passthrough !== true;
  });
  const groups = new Map<string, { kinds: SeenRequest[]; refused: boolean }>();
  for (const kind of seen.requests) {
    const refused = kind.allowed === 0;
    // What a rule allows and was refused all the same had a secret in it, or met a limit: nothing to learn from.
    if (kind.host === ALLOWLIST_HOST || (refused && standing.some((route) => covers(route, kind)))) continue;
    const key = `${refused ? 1 : 0} ${kind.host} ${placeOf(kind, standing)}`;
    const group = groups.get(key) ?? { kinds: [], refused };
    group.kinds.push(kind);
    groups.set(key, group);
  }
  const routes = [...groups]
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([, { kinds, refused }]) => learnedRoute(kinds, refused, standing));
  const unused = standing.filter((route) => !seen.requests.some((kind) => covers(route, kind)));
  return { since: seen.since, routes, unused, left_out: seen.left_out };
}

/** Requests of one place are one route: plain HTTP on port 80 goes with HTTPS on 443, unless a credential is sent there. */
function placeOf({ scheme, host, port }: SeenRequest, standing: readonly TableRoute[]): string {
  const joins = scheme === "http" && port === 80 && !standing.some((route) => route.host === host && route.auth);
  if (joins || (scheme === "https" && port === 443)) return "443";
  return scheme === "http" ? `http ${port}` : String(port);
}

function learnedRoute(kinds: readonly SeenRequest[], refused: boolean, standing: readonly TableRoute[]): LearnedRoute {
  const [first] = kinds as [SeenRequest];
  const present = standing.find((route) => kinds.every((kind) => covers(route, kind)));
  const usual = kinds.every(({ scheme, port }) => port === (scheme === "http" ? 80 : 443));
  const route: Route = {
    host: first.host,
    ...(usual ? {} : { port: first.port }),
    ...(kinds.some(({ scheme }) => scheme === "http") ? { http: true } : {}),
    ...ruleFor(kinds),
    ...(present === undefined ? {} : keptOf(present)),
  };
  return {
    route,
    state: refused ? "missing" : present !== undefined && isSame(present, route) ? "same" : "narrower",
    count: sum(kinds, ({ count }) => count),
    allowed: sum(kinds, ({ allowed }) => allowed),
    last_seen:
      kinds
        .map(({ last_seen }) => last_seen)
        .toSorted()
        .at(-1) ?? first.last_seen,
    ...(present?.auth === undefined ? {} : { credential: `${present.auth.scheme} ${present.auth.slot}` }),
  };
}

/** What a rule says beside what it allows stays as it is. */
function keptOf({ dlp, limits, pipelock }: TableRoute): Partial<Route> {
  return {
    ...(dlp === undefined ? {} : { dlp }),
    ...(limits === undefined ? {} : { limits }),
    ...(pipelock === undefined ? {} : { pipelock }),
  };
}

/** Methods and paths; as `matches` where not every path was asked for with the same methods. */
function ruleFor(kinds: readonly SeenRequest[]): Pick<Route, "methods" | "path_allowlist" | "matches"> {
  const paths = fewest(kinds.map(({ path }) => prefixOf(path)));
  const matches = paths.map((path): RouteMatch & { methods: string[] } => ({
    ...(path === "/" ? {} : { path }),
    methods: methodsOf(kinds.filter((kind) => isUnder(kind.path, path))),
  }));
  const all = methodsOf(kinds);
  const differ = matches.some(({ methods }) => methods.length < all.length);
  if (differ) return { matches };
  return { methods: all, ...(paths.includes("/") ? {} : { path_allowlist: paths }) };
}

function methodsOf(kinds: readonly SeenRequest[]): string[] {
  const methods = [...new Set(kinds.map(({ method }) => method))].filter((method) => /^[A-Z]+$/.test(method));
  return methods.toSorted((one, other) => rank(one) - rank(other) || (one < other ? -1 : 1));
}

function rank(method: string): number {
  const place = ORDER.indexOf(method);
  return place === -1 ? ORDER.length : place;
}

/** As a table writes it: escaped; the folder above it where it cannot be written. */
function prefixOf(path: string): string {
  const escaped = encodeURI(path).replaceAll("?", "%3F").replaceAll("#", "%23");
  return escaped.startsWith("/") && isPlainPath(escaped) && escaped.length <= 1024 ? escaped : prefixOf(folderOf(path));
}

/** Without those below another, and folded from the deepest up until they are few. */
function fewest(all: readonly string[]): string[] {
  let paths = outermost(all);
  while (paths.length > MOST_PATHS) {
    const depth = Math.max(...paths.map(depthOf));
    paths = outermost(paths.map((path) => (depthOf(path) === depth ? folderOf(path) : path)));
  }
  return paths.toSorted();
}

function outermost(all: readonly string[]): string[] {
  const paths = [...new Set(all)];
  return paths.filter((path) => !paths.some((other) => other !== path && isUnder(path, other)));
}

function depthOf(path: string): number {
  return path === "/" ? 0 : path.split("/").length - (path.endsWith("/") ? 1 : 0);
}

function folderOf(path: string): string {
  const end = path.endsWith("/") ? path.length - 2 : path.length - 1;
  return path.slice(0, Math.max(path.lastIndexOf("/", end), 0) + 1) || "/";
}

function isSame(present: TableRoute, route: Route): boolean {
  const said = ({ methods, path_allowlist, matches, http, port }: Route | TableRoute): string =>
    canonicalJson({
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
