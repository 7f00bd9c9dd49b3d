// The providers that the operator added: `contrib/<name>/provider.yml`. A malformed one costs only itself.

import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";

import type { Known } from "#domain/definition/bottle-rules.ts";
import { describeProblem, type Parsed } from "#domain/problem/problem.ts";
import { type ContributedProvider, parseContributed } from "#domain/provider/contributed.ts";
import { NAME } from "#domain/slug.ts";

import { readDefinition } from "./read-folder.ts";

export interface Contributed {
  readonly name: string;
  readonly folder: string;
  readonly path: string;
  readonly parsed: Parsed<ContributedProvider>;
}

/** By name. A folder without the file is none. Never throws. */
export async function contributedProviders(contrib: string): Promise<Contributed[]> {
  const names = (await readdir(contrib).catch(() => [])).filter((name) => NAME.test(name));
  const found = await Promise.all(names.toSorted().map((name) => contributedProvider(contrib, name)));
  return found.filter((one) => one !== undefined);
}

/** Undefined when there is none of that name. */
export async function contributedProvider(contrib: string, name: string): Promise<Contributed | undefined> {
  if (!NAME.test(name)) return undefined;
  const folder = join(contrib, name);
  const path = join(folder, "provider.yml");
  if ((await lstat(path).catch(() => undefined)) === undefined) return undefined;
  const content = await readDefinition(path, true);
  const parsed: Parsed<ContributedProvider> =
    "problem" in content
      ? { ok: false, problems: [{ severity: "error", path, message: content.problem }] }
      : parseContributed(name, content.text, path);
  return { name, folder, path, parsed };
}

/** What definitions may name of them, and why not the others. */
export async function knownProviders(contrib: string): Promise<Required<Pick<Known, "providers" | "brokenProviders">>> {
  const all = await contributedProviders(contrib);
  return {
    providers: all.filter(({ parsed }) => parsed.ok).map(({ name }) => name),
    brokenProviders: Object.fromEntries(all.flatMap(({ name, parsed }) => (parsed.ok ? [] : [[name, words(parsed)]]))),
  };
}

function words({ problems }: Extract<Parsed<unknown>, { ok: false }>): string {
  const errors = problems.filter(({ severity }) => severity === "error");
  const [first] = errors;
  if (first === undefined) return "it is malformed";
  return `${describeProblem(first)}${errors.length === 1 ? "" : ` (and ${errors.length - 1} more)`}`;
}
