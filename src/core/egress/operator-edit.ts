// The operator's own change to a running bottle's table: under the table's lock, read back from the proxy, and audited.

import type { Desk } from "#core/decide/desk.ts";
import { openDesk } from "#core/decide/desk.ts";
import { whenLive } from "#core/decide/when-live.ts";
import { BottleError } from "#domain/bottle-error.ts";
import type { EgressStatus } from "#domain/egress/control.ts";
import type { Route, RouteTable } from "#domain/egress/route.ts";
import { appendAudit } from "#lib/store/audit-log.ts";
import { readRoutes, withRoutesLock, writeRoutes } from "#lib/store/routes-file.ts";

export interface EditedBottle {
  readonly root: string;
  readonly slug: string;
  readonly now: () => Date;
}

/** Adds a route until the bottle stops. Throws `refused` for one with a credential: slots are filled at launch only. */
export async function addRoute(bottle: EditedBottle, { auth, ...route }: Route): Promise<EgressStatus> {
  if (auth !== undefined) {
    throw new BottleError("refused", "a running bottle cannot be given a new credential", {
      where: `auth of ${route.host}`,
      hint: "add it to the bottle's definition and start the bottle anew",
    });
  }
  return await edit(bottle, `added ${route.host}`, (table) => ({ ...table, routes: [...table.routes, route] }));
}

/** Removes every route on `host`, those that decisions added too. Throws `not-found` when there is none. */
export async function removeRoute(bottle: EditedBottle, host: string): Promise<EgressStatus> {
  const wanted = host.toLowerCase();
  return await edit(bottle, `removed ${wanted}`, (table) => {
    const routes = table.routes.filter((route) => route.host !== wanted);
    if (routes.length < table.routes.length) return { ...table, routes };
    const known = table.routes.map((route) => route.host).join(", ");
    throw new BottleError("not-found", `there is no route on ${JSON.stringify(host)}`, {
      where: bottle.slug,
      hint: known === "" ? "its table is empty" : `its routes are on: ${known}`,
    });
  });
}

async function edit(of: EditedBottle, what: string, change: (table: RouteTable) => RouteTable): Promise<EgressStatus> {
  const desk = openDesk(of.root, of.now);
  return await withRoutesLock(of, async () => {
    const before = (await readRoutes(of)).table;
    const { digest } = await writeRoutes(of, change(before));
    const live = await whenLive(desk, of.slug, digest);
    if (!live.ok) {
      await writeRoutes(of, before);
      throw new BottleError("unavailable", `${live.why}; the table was put back`, { where: of.slug });
    }
    await record(desk, of.slug, what);
    return await desk.egressStatus(of.slug);
  });
}

async function record(desk: Desk, slug: string, detail: string): Promise<void> {
  const fact = { actor: desk.actor, action: "operator-edit", component: "egress", detail } as const;
  await appendAudit({ root: desk.root, slug }, fact, desk.now());
}
