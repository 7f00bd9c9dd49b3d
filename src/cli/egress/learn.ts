// `egress <slug> learn`: the least table for what a bottle asked for, to paste into its definition; `--apply` opens what was refused.

import type { Console } from "#contracts/console.ts";
import { BottleError } from "#domain/bottle-error.ts";
import { type Learned, learnRoutes } from "#domain/egress/learn.ts";
import type { Route, TableRoute } from "#domain/egress/route.ts";
import { resolveBottle } from "#domain/definition/resolve.ts";
import { variablesOfSlots } from "#domain/definition/slots.ts";
import { learnText, routeLine } from "#modes/print/learn-text.ts";
import { plainLine } from "#domain/plain-text.ts";

import { confirm } from "../ask.ts";
import type { CommandContext } from "../command.ts";
import { parseMoment } from "../option-values.ts";
import { answer, note } from "../print.ts";

export interface LearnOptions {
  readonly since: string | undefined;
  readonly apply: boolean;
  readonly yes: boolean;
}

export async function learn(
  console: Console,
  slug: string,
  options: LearnOptions,
  context: CommandContext,
): Promise<void> {
  const learned = await learnedOf(console, slug, options.since, context);
  if (options.apply) await apply(console, slug, learned, options.yes, context);
  answer(context, learned, () => learnText(learned, slug, context.now()));
}

async function learnedOf(
  console: Console,
  slug: string,
  since: string | undefined,
  context: CommandContext,
): Promise<Learned> {
  const [seen, { table }] = await Promise.all([console.egress.seen(slug), console.egress.status(slug)]);
  const how = { now: context.now(), variables: await variablesOf(console, slug, table.routes) };
  if (since === undefined) return learnRoutes(seen, table, how);
  const from = parseMoment(since, "--since", context.now(), -1);
  const requests = seen.requests.filter(({ last_seen }) => new Date(last_seen) >= from);
  return learnRoutes({ ...seen, since: from.toISOString(), requests }, table, how);
}

/** Which of the operator's variables a slot was filled from, where the definition still says so; a help only. */
async function variablesOf(
  console: Console,
  slug: string,
  routes: readonly TableRoute[],
): Promise<Record<string, string>> {
  try {
    const [{ bottles }, definitions] = await Promise.all([console.snapshot(), console.definitions()]);
    const bottle = bottles.find((row) => row.slug === slug)?.bottle;
    if (bottle === undefined) return {};
    return variablesOfSlots(resolveBottle(definitions, bottle).egress.routes, routes);
  } catch {
    return {};
  }
}

/** An agent asks for whatever it likes, so each host is shown before it is opened. */
async function apply(
  console: Console,
  slug: string,
  { routes }: Learned,
  yes: boolean,
  context: CommandContext,
): Promise<void> {
  const missing = routes.filter(({ state }) => state === "missing").map(({ route }) => route);
  if (missing.length === 0) return note(context, "nothing was refused that could be added");
  for (const route of missing) note(context, `would add ${routeLine(route)}`);
  await confirm(context, `Allow ${missing.length === 1 ? "it" : `all ${missing.length}`} until ${slug} stops?`, yes);
  // oxlint-disable-next-line no-await-in-loop -- each is read back, and audited, before the next
  for (const route of missing) await addUnlessThere(console, slug, route, context);
  note(context, `added ${missing.map(({ host }) => plainLine(host)).join(", ")}`);
}

/** Somebody may have added it while the operator was asked. */
async function addUnlessThere(console: Console, slug: string, route: Route, context: CommandContext): Promise<void> {
  try {
    await console.egress.add(slug, route);
  } catch (error) {
    if (!(error instanceof BottleError) || error.code !== "conflict") throw error;
    note(context, error.message);
  }
}
