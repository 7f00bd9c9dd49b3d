// One definition file by its name, for `edit`: where it is, and what is wrong with a text before or after it is saved.

import { stat } from "node:fs/promises";
import { join } from "node:path";

import { BottleError } from "#domain/bottle-error.ts";
import { parseAgent, parseBottle } from "#domain/definition/parse.ts";
import type { Problem } from "#domain/problem/problem.ts";
import { NAME } from "#domain/slug.ts";
import { rootPaths } from "#lib/paths.ts";

import { contributedProviders } from "./contributed.ts";
import { readDefinition } from "./read-folder.ts";

export interface DefinitionPlace {
  readonly kind: "bottle" | "agent";
  readonly name: string;
  readonly path: string;
}

/**
 * The files that `name` may mean, the agent's first. `bottle:<name>` and `agent:<name>` mean one of them.
 * Throws `not-found` when there is none.
 */
export async function findDefinition(root: string, name: string): Promise<DefinitionPlace[]> {
  const [, kind, bare = ""] = /^(?:(agent|bottle):)?(.*)$/s.exec(name) ?? [];
  const { agents, bottles } = rootPaths(root);
  const places: DefinitionPlace[] = [
    { kind: "agent", name: bare, path: join(agents, `${bare}.md`) },
    { kind: "bottle", name: bare, path: join(bottles, `${bare}.md`) },
  ];
  const meant = NAME.test(bare) ? places.filter((place) => kind === undefined || place.kind === kind) : [];
  const found = await Promise.all(meant.map(async (place) => ((await isFile(place.path)) ? [place] : [])));
  if (found.flat().length > 0) return found.flat();
  throw new BottleError("not-found", `there is no definition ${JSON.stringify(name)}`, {
    where: root,
    hint: "see `bottle-dash list available`, or write one with `bottle-dash init <name>`",
  });
}

/** Everything wrong with the file as it is on disk; empty when it is well-formed. */
export async function validateDefinition(root: string, place: DefinitionPlace): Promise<readonly Problem[]> {
  const content = await readDefinition(place.path, true);
  if ("problem" in content) return [{ severity: "error", path: place.path, message: content.problem }];
  const file = { name: place.name, path: place.path, text: content.text };
  const parsed =
    place.kind === "agent"
      ? parseAgent(file, "root")
      : parseBottle(file, { providers: await contributedProviders(rootPaths(root).contrib) });
  return parsed.ok ? parsed.warnings : parsed.problems;
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() ?? false;
}
