// The operator's own routes in a running bottle's table: added and removed one by one.

import { BottleError } from "#domain/bottle-error.ts";
import type { EgressStatus } from "#domain/egress/control.ts";
import type { Route, TableRoute } from "#domain/egress/route.ts";
import { canonicalJson } from "#domain/json.ts";

import { type EditedBottle, putInForce } from "./put-in-force.ts";

/** Adds routes until the bottle stops. Throws `refused` for one with a credential: slots are filled at launch only. */
export async function addRoutes(bottle: EditedBottle, added: readonly Route[]): Promise<EgressStatus> {
  const routes = added.map(({ auth, ...route }) => {
    if (auth === undefined) return { ...route, added: "operator" as const };
    throw new BottleError("refused", "a running bottle cannot be given a new credential", {
      where: `auth of ${route.host}`,
      hint: "add it to the bottle's definition and start the bottle anew",
    });
  });
  return await putInForce(bottle, ({ table }) => {
    const fresh = routes.filter((route) => !table.routes.some((there) => isSameRule(there, route)));
    if (fresh.length === 0) {
      throw new BottleError("conflict", `the table has that rule for ${hostsOf(routes)} already`, {
        where: bottle.slug,
      });
    }
    return { table: { ...table, routes: [...table.routes, ...fresh] }, said: { detail: `added ${hostsOf(fresh)}` } };
  });
}

/** Whoever added it, and not one that goes away by itself. */
function isSameRule(there: TableRoute, route: TableRoute): boolean {
  const { added: _by, ...rule } = there;
  const { added: _us, ...wanted } = route;
  return canonicalJson(rule) === canonicalJson(wanted);
}

function hostsOf(routes: readonly TableRoute[]): string {
  return [...new Set(routes.map(({ host }) => host))].join(", ");
}

/** Removes every route on `host`, those that decisions added too. Throws `not-found` when there is none. */
export async function removeRoute(bottle: EditedBottle, host: string): Promise<EgressStatus> {
  const wanted = host.toLowerCase();
  return await putInForce(bottle, ({ table }) => {
    const routes = table.routes.filter((route) => route.host !== wanted);
    if (routes.length < table.routes.length) {
      return { table: { ...table, routes }, said: { detail: `removed ${wanted}` } };
    }
    const known = hostsOf(table.routes);
    throw new BottleError("not-found", `there is no route on ${JSON.stringify(host)}`, {
      where: bottle.slug,
      hint: known === "" ? "its table is empty" : `its routes are on: ${known}`,
    });
  });
}
