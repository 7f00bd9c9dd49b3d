// Why a bottle's state is what it is, with a look at its screen and at what its provider's rules say of it now.

import type { Backend } from "#contracts/backend.ts";
import type { Explanation } from "#contracts/console.ts";
import { takeSnapshot } from "#core/watch/fleet.ts";
import { BottleError } from "#domain/bottle-error.ts";
import { reasonsOf } from "#domain/fleet/explanation.ts";
import { plainLine } from "#domain/plain-text.ts";
import type { ScreenRules, ScreenView } from "#domain/provider/screen-rules.ts";
import { bottomOf, readScreen } from "#domain/provider/screen-verdict.ts";
import { bottlePaths } from "#lib/paths.ts";
import { readScreenRules } from "#lib/screen/rules-file.ts";

import { backendOf } from "./part.ts";

/** More than any rule looks at by default, and little enough to print. */
const SHOWN_LINES = 20;

export async function explain(
  root: string,
  backends: readonly Backend[],
  slug: string,
  now: () => Date,
): Promise<Explanation> {
  const backend = await backendOf({ root, backends }, slug); // names a bottle that is not there
  const rules = await readScreenRules(bottlePaths(root, slug));
  const [fleet, view] = await Promise.all([
    takeSnapshot(root, backends, now),
    Promise.resolve(backend.open(slug).look?.()).catch(() => undefined),
  ]);
  const row = fleet.bottles.find((bottle) => bottle.slug === slug);
  if (row === undefined) throw new BottleError("not-found", "there is no such bottle", { where: slug });
  return { slug, ...reasonsOf(row, now()), screen: view === undefined ? null : screenOf(view, rules) };
}

function screenOf(view: ScreenView, rules: ScreenRules | undefined): NonNullable<Explanation["screen"]> {
  const verdict = rules === undefined ? undefined : readScreen(view, rules);
  return {
    title: plainLine(view.title),
    progress: view.progress ?? null,
    bottom: bottomOf(view.lines, SHOWN_LINES),
    rules: rules === undefined ? null : rules.rules.length,
    matches: verdict ?? null,
  };
}
