// The whole table of a running bottle in the operator's editor: its text, and the edited text put in force.

import { readFile } from "node:fs/promises";

import type { TableText } from "#contracts/console.ts";
import { BottleError } from "#domain/bottle-error.ts";
import type { EgressStatus } from "#domain/egress/control.ts";
import { lineDiff } from "#domain/egress/line-diff.ts";
import type { RouteTable, TableRoute } from "#domain/egress/route.ts";
import { parseRouteTable, renderRouteTable } from "#domain/egress/table.ts";
import { canonicalJson } from "#domain/json.ts";
import { sha256 } from "#lib/hash.ts";
import { bottlePaths } from "#lib/paths.ts";
import type { QueueOf } from "#lib/store/queue-files.ts";
import { readRoutes } from "#lib/store/routes-file.ts";

import { type EditedBottle, putInForce } from "./put-in-force.ts";

/** Throws `not-found` when the bottle is gone. */
export async function tableText(of: QueueOf): Promise<TableText> {
  await readRoutes(of); // names a bottle that is gone, and a table that is none
  const text = await readFile(bottlePaths(of.root, of.slug).egress.routes, "utf8");
  return { text, digest: sha256(text) };
}

/**
 * Throws `invalid` naming the line and the field, `conflict` when the table is not the one with the digest `base` any more,
 * `refused` for what only a launch or a decision can add.
 */
export async function editTable(of: EditedBottle, text: string, base: string | undefined): Promise<EgressStatus> {
  const edited = parseRouteTable(text);
  return await putInForce(of, (before) => {
    if (base !== undefined && base !== before.digest) {
      throw new BottleError("conflict", "the table was changed by somebody else meanwhile", {
        where: of.slug,
        hint: "edit it anew: an approval or another operator was faster",
      });
    }
    refuseNew(edited, before.table);
    const table = { ...edited, routes: edited.routes.map((route) => signed(route, before.table)) };
    const diff = lineDiff(renderRouteTable(before.table), renderRouteTable(table));
    return { table, said: { detail: "edited the table", ...(diff === "" ? {} : { diff }) } };
  });
}

/** What was not there before is the operator's own. */
function signed(route: TableRoute, before: RouteTable): TableRoute {
  if (route.decision !== undefined || before.routes.some((known) => canonicalJson(known) === canonicalJson(route))) {
    return route;
  }
  return { ...route, added: "operator" };
}

/** A credential's slot has a value from the launch only, and a decision is made in the inbox: neither is written by hand. */
function refuseNew(edited: RouteTable, before: RouteTable): void {
  const slots = new Set(before.routes.map(({ auth }) => auth?.slot));
  const strange = edited.routes.find(({ auth }) => auth !== undefined && !slots.has(auth.slot));
  if (strange?.auth !== undefined) {
    throw new BottleError("refused", `this bottle has no credential in ${strange.auth.slot}`, {
      where: `auth of ${strange.host}`,
      hint: "add it to the bottle's definition and start the bottle anew",
    });
  }
  const decisions = new Set(decisionsOf(before));
  const made = decisionsOf(edited).find((id) => !decisions.has(id));
  if (made === undefined) return;
  throw new BottleError("refused", `no decision ${made} put anything into this table`, {
    where: of(edited, made),
    hint: "leave `decision` out of what you write yourself",
  });
}

function decisionsOf({ routes, dlp_exceptions = [] }: RouteTable): string[] {
  return [...routes, ...dlp_exceptions].flatMap(({ decision }) => decision ?? []);
}

function of({ routes, dlp_exceptions = [] }: RouteTable, decision: string): string {
  return [...routes, ...dlp_exceptions].find((one) => one.decision === decision)?.host ?? decision;
}
