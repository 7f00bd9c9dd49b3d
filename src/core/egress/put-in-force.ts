// Changes a running bottle's table: under its lock, read back from the proxy, taken back when it did not take, and audited.

import { openDesk, type Desk } from "#core/decide/desk.ts";
import { whenLive } from "#core/decide/when-live.ts";
import { BottleError } from "#domain/bottle-error.ts";
import type { EgressStatus } from "#domain/egress/control.ts";
import type { RouteTable } from "#domain/egress/route.ts";
import { appendAudit } from "#lib/store/audit-log.ts";
import { readRoutes, type RoutesFile, withRoutesLock } from "#lib/store/routes-file.ts";

import { writeTable } from "./write-table.ts";

export interface EditedBottle {
  readonly root: string;
  readonly slug: string;
  readonly now: () => Date;
}

/** What the audit says of a change. */
export interface Said {
  readonly detail: string;
  readonly diff?: string;
}

/** `change` may throw, and nothing is changed then. Throws `not-found` for a bottle that is gone, `unavailable` when the proxy does not take the table. */
export async function putInForce(
  of: EditedBottle,
  change: (before: RoutesFile) => { readonly table: RouteTable; readonly said: Said },
): Promise<EgressStatus> {
  const desk = openDesk(of.root, of.now);
  return await withRoutesLock(of, async () => {
    const before = await readRoutes(of);
    const { table, said } = change(before);
    const { digest } = await writeTable(of, table);
    const live = await whenLive(desk, of.slug, digest);
    if (!live.ok) {
      await writeTable(of, before.table);
      throw new BottleError("unavailable", `${live.why}; the table was put back`, { where: of.slug });
    }
    await record(desk, of.slug, said);
    return await desk.egressStatus(of.slug);
  });
}

async function record(desk: Desk, slug: string, said: Said): Promise<void> {
  const fact = { actor: desk.actor, action: "operator-edit", component: "egress", ...said } as const;
  await appendAudit({ root: desk.root, slug }, fact, desk.now());
}
