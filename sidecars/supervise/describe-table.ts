// A route table as the agent may see it: what is allowed, never where a credential comes from.

import type { RouteTable, TableRoute } from "#domain/egress/route.ts";

/** One line a route, after what happens to everything else. */
export function describeTable({ routes, on_unknown_host }: RouteTable): string {
  const rest =
    on_unknown_host === "hold"
      ? "Requests to other hosts are held until the operator decides."
      : "Requests to other hosts are refused; ask with egress-block.";
  const lines = routes.map((route) => `- ${describeRoute(route)}`);
  return [lines.length === 0 ? "This bottle has no routes." : "This bottle may reach:", ...lines, rest].join("\n");
}

function describeRoute(route: TableRoute): string {
  const port = route.port ?? (route.http === true ? undefined : 443);
  const parts = [
    port === undefined || port === 443 ? route.host : `${route.host}:${port}`,
    route.methods === undefined ? "all methods" : route.methods.join(" "),
    route.path_allowlist === undefined ? "all paths" : `paths ${route.path_allowlist.join(" ")}`,
    ...(route.http === true ? ["plain HTTP as well"] : []),
    ...(route.auth === undefined ? [] : ["the proxy adds the credential"]),
    ...(route.once === true ? ["for one request"] : []),
    ...(route.expires_at === undefined ? [] : [`until ${route.expires_at}`]),
  ];
  return parts.join(", ");
}
