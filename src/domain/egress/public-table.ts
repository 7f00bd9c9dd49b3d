// A route table as the agent may see it: what is allowed and what is looked at, never slots, pinned addresses, the ids of
// decisions or exceptions.

import type { RouteDlp, RouteLimits, RouteMatch, RouteTable, TableRoute } from "./route.ts";

export interface PublicRoute {
  readonly host: string;
  readonly port: number;
  /** Missing: requests are read. */
  readonly tunnel?: "TLS is not opened" | "raw TCP";
  readonly http?: true;
  readonly methods: readonly string[] | "any";
  readonly path_allowlist: readonly string[] | "any";
  /** At least one of them must fit as well. */
  readonly matches?: readonly RouteMatch[];
  readonly encoded_slashes?: true;
  /** The agent needs none of its own where the proxy adds one. */
  readonly credential: "none" | "added by the proxy";
  readonly dlp?: RouteDlp;
  readonly limits?: RouteLimits;
  readonly once?: true;
  readonly expires_at?: string;
}

/** Without the routes that are over. */
export function publicRoutes(table: RouteTable, now: Date): PublicRoute[] {
  return table.routes
    .filter(({ expires_at }) => expires_at === undefined || new Date(expires_at) > now)
    .map(publicRoute);
}

function publicRoute(route: TableRoute): PublicRoute {
  const { host, port, http, methods, path_allowlist, matches, encoded_slashes, auth, dlp, limits, once } = route;
  const tunnel = tunnelOf(route);
  return {
    host,
    port: port ?? 443,
    ...(tunnel === undefined ? {} : { tunnel }),
    ...(http === true ? { http } : {}),
    methods: methods ?? "any",
    path_allowlist: path_allowlist ?? "any",
    ...(matches === undefined ? {} : { matches }),
    ...(encoded_slashes === true ? { encoded_slashes } : {}),
    credential: auth === undefined ? "none" : "added by the proxy",
    ...(dlp === undefined ? {} : { dlp }),
    ...(limits === undefined ? {} : { limits }),
    ...(once === true ? { once } : {}),
    ...(route.expires_at === undefined ? {} : { expires_at: route.expires_at }),
  };
}

function tunnelOf({ raw_tcp, pipelock }: TableRoute): PublicRoute["tunnel"] {
  if (raw_tcp === true) return "raw TCP";
  return pipelock?.tls_passthrough === true ? "TLS is not opened" : undefined;
}
