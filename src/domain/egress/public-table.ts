// A route table as the agent may see it: what is allowed, never slots, pinned addresses or the ids of decisions.

import type { RouteTable, TableRoute } from "./route.ts";

export interface PublicRoute {
  readonly host: string;
  readonly port: number;
  readonly http?: true;
  readonly methods: readonly string[] | "any";
  readonly path_allowlist: readonly string[] | "any";
  /** The agent needs none of its own where the proxy adds one. */
  readonly credential: "none" | "added by the proxy";
  readonly once?: true;
  readonly expires_at?: string;
}

/** Without the routes that are over. */
export function publicRoutes(table: RouteTable, now: Date): PublicRoute[] {
  return table.routes
    .filter(({ expires_at }) => expires_at === undefined || new Date(expires_at) > now)
    .map(publicRoute);
}

function publicRoute({ host, port, http, methods, path_allowlist, auth, once, expires_at }: TableRoute): PublicRoute {
  return {
    host,
    port: port ?? 443,
    ...(http === true ? { http } : {}),
    methods: methods ?? "any",
    path_allowlist: path_allowlist ?? "any",
    credential: auth === undefined ? "none" : "added by the proxy",
    ...(once === true ? { once } : {}),
    ...(expires_at === undefined ? {} : { expires_at }),
  };
}
