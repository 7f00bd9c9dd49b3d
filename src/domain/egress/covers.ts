// Which requests a rule of the table is about: what the operator's side needs to know of the proxy's verdict.
// The proxy decides by its own, stricter reading (sidecars/egress/policy); nothing is let through because of this file.

import type { EgressRequest } from "./control.ts";
import type { RouteMatch, TableRoute } from "./route.ts";

export type AskedFor = Pick<EgressRequest, "scheme" | "host" | "port" | "method" | "path">;

/** Exact, or `*.example.com` for one label or more before it, never for example.com itself. */
export function coversHost(rule: string, host: string): boolean {
  return rule.startsWith("*.") ? host.endsWith(rule.slice(1)) && host.length > rule.length - 1 : rule === host;
}

/** True when `route` is about this request; headers of `matches` are not known here, and pass. */
export function covers(route: TableRoute, asked: AskedFor): boolean {
  if (!coversHost(route.host, asked.host)) return false;
  if (asked.port !== (route.port ?? (asked.scheme === "http" ? 80 : 443))) return false;
  if (route.raw_tcp === true || route.pipelock?.tls_passthrough === true) return asked.scheme === "https";
  if (asked.scheme === "http" && (route.http !== true || route.auth !== undefined)) return false;
  if (route.methods !== undefined && !route.methods.includes(asked.method)) return false;
  if (route.path_allowlist !== undefined && !route.path_allowlist.some((prefix) => isUnder(asked.path, prefix))) {
    return false;
  }
  return route.matches === undefined || route.matches.some((match) => fits(match, asked));
}

/** True when `path` is `prefix` or below it; a prefix ends at a segment. Paths are compared decoded. */
export function isUnder(path: string, prefix: string): boolean {
  const plain = decoded(prefix);
  const inside = plain.endsWith("/") ? plain : `${plain}/`;
  const wanted = decoded(path);
  return wanted === plain || wanted.startsWith(inside);
}

function fits({ path, methods }: RouteMatch, asked: AskedFor): boolean {
  return (path === undefined || isUnder(asked.path, path)) && (methods === undefined || methods.includes(asked.method));
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
