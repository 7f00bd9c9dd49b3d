// The operator's own routes in a running bottle's table: added and removed one by one.

import { BottleError } from "#domain/bottle-error.ts";
import type { EgressStatus } from "#domain/egress/control.ts";
import type { Route } from "#domain/egress/route.ts";

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
  const detail = `added ${routes.map(({ host }) => host).join(", ")}`;
  return await putInForce(bottle, ({ table }) => ({
    table: { ...table, routes: [...table.routes, ...routes] },
    said: { detail },
  }));
}

/** Removes every route on `host`, those that decisions added too. Throws `not-found` when there is none. */
export async function removeRoute(bottle: EditedBottle, host: string): Promise<EgressStatus> {
  const wanted = host.toLowerCase();
  return await putInForce(bottle, ({ table }) => {
    const routes = table.routes.filter((route) => route.host !== wanted);
    if (routes.length < table.routes.length) {
      return { table: { ...table, routes }, said: { detail: `removed ${wanted}` } };
    }
    const known = table.routes.map((route) => route.host).join(", ");
    throw new BottleError("not-found", `there is no route on ${JSON.stringify(host)}`, {
      where: bottle.slug,
      hint: known === "" ? "its table is empty" : `its routes are on: ${known}`,
    });
  });
}
