// The page of ALLOWLIST_HOST: what an agent may see of its own table, and how to ask for more.

import { publicRoutes } from "#domain/egress/public-table.ts";
import type { RouteTable } from "#domain/egress/route.ts";

import { HOW_TO_ASK } from "./refusal.ts";

/** JSON text; undefined for a path that is not there. */
export function allowlistPage(path: string, table: RouteTable, now: Date): string | undefined {
  if (path !== "/allowlist") return undefined;
  const { on_unknown_host } = table;
  const page = { on_unknown_host, routes: publicRoutes(table, now), how_to_ask: HOW_TO_ASK };
  return `${JSON.stringify(page, undefined, 2)}\n`;
}
