// What is used up of each limit in the table in force, for the operator to see; nothing is counted.

import type { LimitUse } from "#domain/egress/control.ts";
import type { EgressBudget, RouteLimits, RouteTable, TableRoute } from "#domain/egress/route.ts";

import { describeRoute } from "../policy/table-index.ts";
import { routeKey } from "./route-key.ts";
import type { Usage, Used } from "./usage.ts";

export interface LimitUseDeps {
  readonly table: RouteTable;
  readonly usage: Usage;
  readonly now: number;
  /** The limits that hold for a route: routes that cover the same share them. */
  readonly limitsOf: (key: string) => RouteLimits | undefined;
  /** Whether what was used today is known. */
  readonly known: boolean;
}

/** The budget first, then the routes in the table's order, those that share one count once. */
export function limitUses({ table, usage, now, limitsOf, known }: LimitUseDeps): LimitUse[] {
  const bottle = usage.bottle(now); // also puts a day away that is over
  const shown = new Map<string, TableRoute>();
  for (const route of table.routes) {
    const key = routeKey(route);
    if (!shown.has(key) && limitsOf(key) !== undefined) shown.set(key, route);
  }
  return [
    ...usesOf(table.budget, bottle, now, known),
    ...[...shown].flatMap(([key, route]) =>
      usesOf(limitsOf(key), usage.of(key), now, known).map((use) => ({ route: describeRoute(route), ...use })),
    ),
  ];
}

function usesOf(limits: EgressBudget | undefined, used: Used, now: number, known: boolean): LimitUse[] {
  if (limits === undefined) return [];
  const { requests_per_minute, requests_per_day, bytes_per_day } = limits;
  return [
    use("requests_per_minute", requests_per_minute, used.minute.count(now)),
    use("requests_per_day", requests_per_day, known ? used.requests : null),
    use("bytes_per_day", bytes_per_day, known ? used.bytes : null),
  ].flat();
}

function use(limit: LimitUse["limit"], most: number | undefined, used: number | null): LimitUse[] {
  return most === undefined ? [] : [{ limit, used, most }];
}
