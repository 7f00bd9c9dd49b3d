// Changes a bottle definition on disk: one writer at a time, through the operator's links, with the file's own mode.

import { realpath, stat } from "node:fs/promises";
import { join } from "node:path";

import { BottleError } from "#domain/bottle-error.ts";
import type { KeepOptions } from "#domain/definition/keep-route.ts";
import type { DefinitionFile } from "#domain/definition/parse.ts";
import { mergedKeys } from "#domain/definition/resolve.ts";
import { NAME } from "#domain/slug.ts";
import { writeAtomic } from "#lib/atomic-file.ts";
import { rootPaths } from "#lib/paths.ts";
import { withLock } from "#lib/store/lock.ts";

import { knownProviders } from "./contributed.ts";
import { loadDefinitions } from "./load.ts";
import { readDefinition } from "./read-folder.ts";

/**
 * Writes what `edit` makes of the bottle definition `name` (with what keepRoute needs to know) and resolves with its path.
 * Throws `not-found` or `invalid`, or whatever `edit` throws; then nothing was written.
 */
export async function editBottleDefinition(
  root: string,
  name: string,
  edit: (file: DefinitionFile, options: KeepOptions) => string | Promise<string>,
): Promise<string> {
  const { bottles, contrib } = rootPaths(root);
  const path = join(bottles, `${name}.md`);
  if (!NAME.test(name)) throw notFound(name, bottles);
  return withLock(join(bottles, ".definitions.lock"), async () => {
    // Beneath a link the operator keeps the file somewhere else: the link stays, the file changes.
    const target = await realpath(path).catch(() => undefined);
    if (target === undefined) throw notFound(name, bottles);
    const content = await readDefinition(target, true);
    if ("problem" in content) throw new BottleError("invalid", content.problem, { where: path });
    const known = await knownProviders(contrib);
    const edited = await edit(
      { name, path, text: content.text },
      { known, inherited: await inheritedEgress(root, name) },
    );
    if (edited !== content.text) await writeAtomic(target, edited, (await stat(target)).mode & 0o777);
    return path;
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
