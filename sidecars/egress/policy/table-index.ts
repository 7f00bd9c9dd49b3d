// The routes of a table as they are asked for: by host, the most specific first, with what each request would otherwise
// have to work out again. Made once for a table, at its first use.

import type { RouteMatch, RouteTable, TableRoute } from "#domain/egress/route.ts";

import { normalisePath } from "./normalise-path.ts";

/** `intercepted`: TLS is ended here and each request decided; the others are tunnels that are decided whole. */
export type RouteKind = "intercepted" | "passthrough" | "raw";

export interface Candidate {
  readonly route: TableRoute;
  readonly kind: RouteKind;
  /** The route in one line, as the operator reads it in logs. */
  readonly rule: string;
  /** Milliseconds; `Infinity` for one that stays. */
  readonly expiresAt: number;
  /** Of `path_allowlist`; undefined where any path will do. */
  readonly prefixes: readonly Prefix[] | undefined;
  readonly alternatives: readonly Alternative[] | undefined;
}

export interface Alternative {
  readonly match: RouteMatch;
  readonly prefix: Prefix | undefined;
  /** Lower-case names and values, without parameters. */
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/** A prefix ends at a segment: `exact` is covered itself, and all that begins with `inside`. */
export interface Prefix {
  readonly exact: string;
  readonly inside: string;
}

const LONGEST_HOST = 253;
const indexes = new WeakMap<RouteTable, ReadonlyMap<string, readonly Candidate[]>>();

/** Those whose host rule covers `host`: the exact name, then wildcards from the longest; within one rule in table order. */
export function candidatesFor(table: RouteTable, host: string): readonly Candidate[] {
  if (host.length > LONGEST_HOST) return [];
  const index = indexOf(table);
  let found = index.get(host) ?? [];
  for (let dot = host.indexOf(".", 1); dot !== -1; dot = host.indexOf(".", dot + 1)) {
    const wild = index.get(`*${host.slice(dot)}`);
    if (wild !== undefined) found = found.length === 0 ? wild : [...found, ...wild];
  }
  return found;
}

/** Length of what of `path` the prefix covers; -1 when it does not. */
export function covered(path: string, { exact, inside }: Prefix): number {
  return path === exact || path.startsWith(inside) ? exact.length : -1;
}

/** Undefined for a prefix that means nothing certain: it covers nothing. */
export function prefixOf(text: string): Prefix | undefined {
  const plain = normalisePath(text);
  if (plain.kind === "bad" || plain.encodedSlash) return undefined;
  return { exact: plain.path, inside: plain.path.endsWith("/") ? plain.path : `${plain.path}/` };
}

/** The value of a header without its parameters: `application/json; charset=utf-8` is `application/json`. */
export function bareValue(value: string): string {
  const end = value.indexOf(";");
  return (end === -1 ? value : value.slice(0, end)).trim().toLowerCase();
}

function kindOf(route: TableRoute): RouteKind {
  if (route.raw_tcp === true) return "raw";
  return route.pipelock?.tls_passthrough === true ? "passthrough" : "intercepted";
}

function indexOf(table: RouteTable): ReadonlyMap<string, readonly Candidate[]> {
  const known = indexes.get(table);
  if (known !== undefined) return known;
  const index = new Map<string, Candidate[]>();
  for (const route of table.routes) {
    const same = index.get(route.host);
    if (same === undefined) index.set(route.host, [candidate(route)]);
    else same.push(candidate(route));
  }
  indexes.set(table, index);
  return index;
}

function candidate(route: TableRoute): Candidate {
  return {
    route,
    kind: kindOf(route),
    rule: describeRoute(route),
    expiresAt: route.expires_at === undefined ? Infinity : Date.parse(route.expires_at),
    prefixes: route.path_allowlist?.map(prefixOf).filter((prefix) => prefix !== undefined),
    alternatives: route.matches?.flatMap(alternative),
  };
}

/** None for one whose path means nothing certain: it fits nothing. */
function alternative(match: RouteMatch): Alternative[] {
  const prefix = match.path === undefined ? undefined : prefixOf(match.path);
  if (match.path !== undefined && prefix === undefined) return [];
  const headers = Object.entries(match.headers ?? {}).map(
    ([name, value]) => [name.toLowerCase(), bareValue(value)] as const,
  );
  return [{ match, prefix, headers }];
}

/** `api.github.com:443 GET,POST /repos/acme/`. */
export function describeRoute(route: TableRoute): string {
  const place = `${route.host}:${route.port ?? 443}`;
  const once = route.once === true ? " once" : "";
  switch (kindOf(route)) {
    case "raw":
      return `${place} raw TCP${once}`;
    case "passthrough":
      return `${place} TLS passed through${once}`;
    case "intercepted": {
      const methods = route.methods?.join(",") ?? "any method";
      const paths = route.path_allowlist?.join(",") ?? "any path";
      return `${place} ${methods} ${paths}${route.matches === undefined ? "" : " that matches"}${once}`;
    }
  }
}
