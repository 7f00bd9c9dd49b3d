// What a decision reads and changes in the bottle's definition: credentials by name, and routes that are kept.

import { editBottleDefinition } from "#core/definitions/edit.ts";
import { loadDefinitions } from "#core/definitions/load.ts";
import { BottleError } from "#domain/bottle-error.ts";
import { keepRoute, unkeepRoute } from "#domain/definition/keep-route.ts";
import { mergedKeys } from "#domain/definition/resolve.ts";
import type { Route, RouteTable } from "#domain/egress/route.ts";
import { Metadata } from "#domain/fleet/metadata.ts";
import { type FilledSlots, slotOf, variablesOf } from "#domain/proposal/approved-route.ts";
import { CredentialRecord } from "#domain/provider/credential.ts";
import { bottlePaths } from "#lib/paths.ts";
import { readKept, writeKept } from "#lib/store/kept-route.ts";
import { readChecked } from "#lib/store/read-checked.ts";
import { readRoutes } from "#lib/store/routes-file.ts";

/** The slot of the running proxy that holds a credential; undefined when the bottle was not given it. */
export async function credentialSlot(root: string, slug: string, tokenRef: string): Promise<string | undefined> {
  const { table, routes, filled } = await tableAndDefinition(root, slug);
  return slotOf(tokenRef, table, routes, filled);
}

/** Slot → the operator's variable; what the definition does not tell any more is left out. */
export async function credentialNames(root: string, slug: string): Promise<Record<string, string>> {
  const { table, routes, filled } = await tableAndDefinition(root, slug);
  return variablesOf(table, routes, filled);
}

async function tableAndDefinition(
  root: string,
  slug: string,
): Promise<{ table: RouteTable; routes: readonly Route[]; filled: FilledSlots }> {
  const { table } = await readRoutes({ root, slug });
  const definitions = await loadDefinitions({ root, cwd: root });
  const { keys } = mergedKeys(definitions, await bottleOf(root, slug));
  const record = await readChecked(bottlePaths(root, slug).credentials, CredentialRecord);
  // A bottle of an earlier version has none; one that is damaged names nothing.
  const filled = record.state === "bad" ? {} : record.state === "ok" ? record.value.slots : undefined;
  return { table, routes: keys.egress?.routes ?? [], filled };
}

/** Writes `route` into the bottle's definition and returns the file; safe to do again after a crash. Throws BottleError. */
export async function keepInDefinition(root: string, slug: string, id: string, route: Route): Promise<string> {
  return editBottleDefinition(root, await bottleOf(root, slug), async (file, options) => {
    const { text, kept } = keepRoute(file, route, options);
    if (kept !== undefined) await writeKept({ root, slug }, id, kept);
    return text;
  });
}

/** Takes back what keepInDefinition added for this decision; undefined when that was nothing. Throws `conflict` when it was changed since. */
export async function unkeepInDefinition(root: string, slug: string, id: string): Promise<string | undefined> {
  const kept = await readKept({ root, slug }, id);
  if (kept === undefined) return undefined;
  return editBottleDefinition(root, await bottleOf(root, slug), (file, options) => unkeepRoute(file, kept, options));
}

async function bottleOf(root: string, slug: string): Promise<string> {
  const path = bottlePaths(root, slug).metadata;
  const metadata = await readChecked(path, Metadata);
  if (metadata.state === "ok" && metadata.value.bottle !== "") return metadata.value.bottle;
  throw new BottleError("not-found", "does not say which definition the bottle was made from", { where: path });
}
