// Scope `manifest`: an approved route is written to the bottle's own definition, and undo takes it out again.

import { realpath, stat } from "node:fs/promises";
import { join } from "node:path";

import { BottleError } from "#domain/bottle-error.ts";
import type { Route } from "#domain/egress/route.ts";
import { keepRoute, type KeepOptions, unkeepRoute } from "#domain/definition/keep-route.ts";
import type { KeptRoute } from "#domain/definition/kept-route.ts";
import type { DefinitionFile } from "#domain/definition/parse.ts";
import { mergedKeys } from "#domain/definition/resolve.ts";
import { NAME } from "#domain/slug.ts";
import { writeAtomic } from "#lib/atomic-file.ts";
import { rootPaths } from "#lib/paths.ts";
import { withLock } from "#lib/store/lock.ts";

import { contributedProviders } from "./contributed.ts";
import { loadDefinitions } from "./load.ts";
import { readDefinition } from "./read-folder.ts";

/**
 * Resolves with what undo needs, or undefined when the definition allowed it already. `bottle` is a definition's name.
 * Throws BottleError `not-found`, `invalid` or `conflict`; then nothing was written.
 */
export async function keepInDefinition(root: string, bottle: string, route: Route): Promise<KeptRoute | undefined> {
  return change(root, bottle, (file, options) => {
    const { text, kept } = keepRoute(file, route, options);
    return { text, result: kept };
  });
}

/** Throws as `keepInDefinition`; `conflict` when somebody has changed the route since. */
export async function unkeepInDefinition(root: string, bottle: string, kept: KeptRoute): Promise<void> {
  return change(root, bottle, (file, options) => ({ text: unkeepRoute(file, kept, options), result: undefined }));
}

async function change<T>(
  root: string,
  name: string,
  edit: (file: DefinitionFile, options: KeepOptions) => { text: string; result: T },
): Promise<T> {
  const { bottles, contrib } = rootPaths(root);
  const path = join(bottles, `${name}.md`);
  if (!NAME.test(name)) throw notFound(name, bottles);
  return withLock(join(bottles, `.${name}.lock`), async () => {
    // Beneath a link the operator keeps the file somewhere else: the link stays, the file changes.
    const target = await realpath(path).catch(() => undefined);
    if (target === undefined) throw notFound(name, bottles);
    const content = await readDefinition(target, true);
    if ("problem" in content) throw new BottleError("invalid", content.problem, { where: path });
    const options: KeepOptions = {
      known: { providers: await contributedProviders(contrib) },
      inherited: await inheritedEgress(root, name),
    };
    const { text, result } = edit({ name, path, text: content.text }, options);
    if (text !== content.text) await writeAtomic(target, text, (await stat(target)).mode & 0o777);
    return result;
  });
}

/** `egress` as the parents have it. */
async function inheritedEgress(root: string, name: string): Promise<KeepOptions["inherited"]> {
  const definitions = await loadDefinitions({ root, cwd: root });
  const parent = definitions.bottles.get(name)?.keys.extends;
  return parent === undefined ? undefined : mergedKeys(definitions, parent).keys.egress;
}

function notFound(name: string, folder: string): BottleError {
  return new BottleError("not-found", `there is no bottle definition ${JSON.stringify(name)}`, { where: folder });
}
