// What a decision reads and changes in the bottle's definition: credentials by name, and routes that are kept.

import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { loadDefinitions } from "#core/definitions/load.ts";
import { BottleError } from "#domain/bottle-error.ts";
import type { Definitions } from "#domain/definition/definitions.ts";
import { type KeepOptions, keepRoute, unkeepRoute } from "#domain/definition/keep-route.ts";
import { mergedKeys } from "#domain/definition/resolve.ts";
import { Metadata } from "#domain/fleet/metadata.ts";
import { slotOf } from "#domain/proposal/approved-route.ts";
import type { Route } from "#domain/egress/route.ts";
import { writeAtomic } from "#lib/atomic-file.ts";
import { bottlePaths, rootPaths } from "#lib/paths.ts";
import { readKept, writeKept } from "#lib/store/kept-route.ts";
import { withLock } from "#lib/store/lock.ts";
import { readChecked } from "#lib/store/read-checked.ts";
import { readRoutes } from "#lib/store/routes-file.ts";

/** The slot of the running proxy that holds a credential; undefined when the bottle was not given it. */
export async function credentialSlot(root: string, slug: string, tokenRef: string): Promise<string | undefined> {
  const { table } = await readRoutes({ root, slug });
  const definitions = await loadDefinitions({ root, cwd: root });
  const { keys } = mergedKeys(definitions, await bottleOf(root, slug));
  return slotOf(tokenRef, table, keys.egress?.routes ?? []);
}

/** Writes `route` into the bottle's definition and returns the file; safe to do again after a crash. Throws BottleError. */
export async function keepInDefinition(root: string, slug: string, id: string, route: Route): Promise<string> {
  return editDefinition(root, slug, async (file, options) => {
    const { text, kept } = keepRoute(file, route, options);
    if (kept !== undefined) await writeKept({ root, slug }, id, kept);
    return text;
  });
}

/** Takes back what keepInDefinition added for this decision; undefined when that was nothing. Throws `conflict` when it was changed since. */
export async function unkeepInDefinition(root: string, slug: string, id: string): Promise<string | undefined> {
  const kept = await readKept({ root, slug }, id);
  if (kept === undefined) return undefined;
  return editDefinition(root, slug, (file, options) => Promise.resolve(unkeepRoute(file, kept, options)));
}

type Edit = (file: { name: string; path: string; text: string }, options: KeepOptions) => Promise<string>;

async function editDefinition(root: string, slug: string, edit: Edit): Promise<string> {
  const name = await bottleOf(root, slug);
  const folder = rootPaths(root).bottles;
  return withLock(join(folder, ".definitions.lock"), async () => {
    const definitions = await loadDefinitions({ root, cwd: root });
    const path = definitions.bottles.get(name)?.path ?? join(folder, `${name}.md`);
    const text = await readFile(path, "utf8");
    const edited = await edit({ name, path, text }, { inherited: inheritedEgress(definitions, name) });
    if (edited !== text) await writeAtomic(path, edited);
    return path;
  });
}

function inheritedEgress(definitions: Definitions, name: string): KeepOptions["inherited"] {
  const parent = definitions.bottles.get(name)?.keys.extends;
  return parent === undefined ? undefined : mergedKeys(definitions, parent).keys.egress;
}

async function bottleOf(root: string, slug: string): Promise<string> {
  const path = bottlePaths(root, slug).metadata;
  const metadata = await readChecked(path, Metadata);
  if (metadata.state === "ok" && metadata.value.bottle !== "") return metadata.value.bottle;
  throw new BottleError("not-found", "does not say which definition the bottle was made from", { where: path });
}
