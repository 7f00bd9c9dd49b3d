// The route table in words, for list-egress-routes.

import { publicRoutes, type PublicRoute } from "#domain/egress/public-table.ts";
import type { RouteTable } from "#domain/egress/route.ts";
import { budgetWords, routeWords } from "#domain/egress/route-words.ts";

/** One line a route, then what happens to everything else. */
export function describeTable(table: RouteTable, now: Date): string {
  const rest =
    table.on_unknown_host === "hold"
      ? "Requests to other hosts are held until the operator decides."
      : "Requests to other hosts are refused; ask with egress-block.";
  const lines = publicRoutes(table, now).map((route) => `- ${describeRoute(route)}`);
  const { budget } = table;
  return [
    lines.length === 0 ? "This bottle has no routes." : "This bottle may reach:",
    ...lines,
    ...(budget === undefined ? [] : [`In all it may use ${budgetWords(budget).join(", ")}.`]),
    rest,
  ].join("\n");
}

function describeRoute(route: PublicRoute): string {
  const { host, port, tunnel, http, methods, path_allowlist, matches, encoded_slashes, credential } = route;
  const { dlp, limits, once, expires_at } = route;
  const words = routeWords({
    host,
    ...(matches === undefined ? {} : { matches: [...matches] }),
    ...(dlp === undefined ? {} : { dlp }),
    ...(limits === undefined ? {} : { limits }),
    ...(encoded_slashes === true ? { encoded_slashes } : {}),
  });
  const requests = [
    methods === "any" ? "all methods" : methods.join(" "),
    path_allowlist === "any" ? "all paths" : `paths ${path_allowlist.join(" ")}`,
  ];
  return [
    port === 443 ? host : `${host}:${port}`,
    ...(tunnel === undefined ? requests : [`a tunnel (${tunnel})`]),
    ...words,
    ...(http === true ? ["plain HTTP as well"] : []),
    ...(credential === "none" ? [] : ["the proxy adds the credential"]),
    ...(once === true ? ["for one request"] : []),
    ...(expires_at === undefined ? [] : [`until ${expires_at}`]),
  ].join(", ");
}
