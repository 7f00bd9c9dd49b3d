// http://_egress.local/allowlist: what an agent may see of its own table. No slots, no addresses, no decisions' ids.

import type { RouteTable, TableRoute } from "#domain/egress/route.ts";

import { HOW_TO_ASK } from "./refusal.ts";

export const ALLOWLIST_HOST = "_egress.local";

/** JSON text; undefined for a path that is not there. */
export function allowlistPage(path: string, table: RouteTable, now: Date): string | undefined {
  if (path !== "/allowlist") return undefined;
  const routes = table.routes
    .filter(({ expires_at }) => expires_at === undefined || new Date(expires_at) > now)
    .map(shown);
  return `${JSON.stringify({ on_unknown_host: table.on_unknown_host, routes, how_to_ask: HOW_TO_ASK }, undefined, 2)}\n`;
}

function shown({ host, port, http, methods, path_allowlist, auth, once, expires_at }: TableRoute) {
  return {
    host,
    port: port ?? 443,
    ...(http === true ? { http } : {}),
    methods: methods ?? "any",
    path_allowlist: path_allowlist ?? "any",
    /** The proxy adds a credential; the agent needs none. */
    credential: auth === undefined ? "none" : "added by the proxy",
    ...(once === true ? { once } : {}),
    ...(expires_at === undefined ? {} : { expires_at }),
  };
}
