// The route table in words, for list-egress-routes.

import { publicRoutes, type PublicRoute } from "#domain/egress/public-table.ts";
import type { RouteTable } from "#domain/egress/route.ts";

/** One line a route, then what happens to everything else. */
export function describeTable(table: RouteTable, now: Date): string {
  const rest =
    table.on_unknown_host === "hold"
      ? "Requests to other hosts are held until the operator decides."
      : "Requests to other hosts are refused; ask with egress-block.";
  const lines = publicRoutes(table, now).map((route) => `- ${describeRoute(route)}`);
  return [lines.length === 0 ? "This bottle has no routes." : "This bottle may reach:", ...lines, rest].join("\n");
}

function describeRoute({
  host,
  port,
  http,
  methods,
  path_allowlist,
  credential,
  once,
  expires_at,
}: PublicRoute): string {
  return [
    port === 443 ? host : `${host}:${port}`,
    methods === "any" ? "all methods" : methods.join(" "),
    path_allowlist === "any" ? "all paths" : `paths ${path_allowlist.join(" ")}`,
    ...(http === true ? ["plain HTTP as well"] : []),
    ...(credential === "none" ? [] : ["the proxy adds the credential"]),
    ...(once === true ? ["for one request"] : []),
    ...(expires_at === undefined ? [] : [`until ${expires_at}`]),
  ].join(", ");
}
