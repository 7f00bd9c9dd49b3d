// Keeps a route in the text of a bottle definition, or takes it back: comments, order and layout stay as they are.

import { BottleError } from "#domain/bottle-error.ts";
import type { Route } from "#domain/egress/route.ts";
import { problemsError } from "#domain/problem/problem.ts";

import type { BottleKeys } from "./bottle.ts";
import type { Known } from "./bottle-rules.ts";
import { type EgressKeys, ruleHost } from "./egress.ts";
import { splitFrontMatter } from "./front-matter.ts";
import { isSame, type KeptRoute, planKeep, planUndo } from "./kept-route.ts";
import { type DefinitionFile, parseBottle } from "./parse.ts";
import { type RoutesEdit, editRoutes } from "./routes-text.ts";

export interface KeepOptions {
  /**
   * The parents' merged `egress`. A definition without an `egress` of its own gets a copy of it with the route: a bare
   * `egress` with the one route would replace, and so drop, all that it inherits.
   */
  readonly inherited?: EgressKeys | undefined;
  readonly known?: Known;
}

/**
 * The definition's text with `route` in it, and what undo needs; `kept` is undefined when nothing had to change.
 * Throws `invalid` for a malformed definition or route, `conflict` when the host has a route that it cannot share.
 */
export function keepRoute(
  file: DefinitionFile,
  route: Route,
  { inherited, known }: KeepOptions = {},
): { text: string; kept: KeptRoute | undefined } {
  const keys = keysOf(file, known);
  const egress = keys.egress ?? inherited ?? {};
  const plan = planKeep(egress.routes ?? [], route);
  if (plan.type === "nothing") return { text: file.text, kept: undefined };
  if (plan.type === "refuse") throw conflict(file, route.host, plan.why);
  const before = plan.type === "replace" ? plan.before : undefined;
  const routes = replaced(egress.routes ?? [], before, plan.after);
  const created = keys.egress === undefined ? "egress" : keys.egress.routes === undefined ? "routes" : undefined;
  const text = edited(file, keys, { egress: { ...egress, routes }, created: created === "egress" }, known);
  return {
    text,
    kept: {
      ...(before === undefined ? {} : { before }),
      after: plan.after,
      ...(created === undefined ? {} : { created }),
    },
  };
}

/** The definition's text without what `kept` says was added. Throws `conflict` when that is not there any more as it was. */
export function unkeepRoute(file: DefinitionFile, kept: KeptRoute, { inherited, known }: KeepOptions = {}): string {
  const keys = keysOf(file, known);
  const { host } = kept.after;
  const routes = keys.egress?.routes ?? [];
  const current = routes.find((route) => ruleHost(route.host) === ruleHost(host));
  if (current === undefined) throw conflict(file, host, "is not in the definition any more");
  const plan = planUndo(current, kept);
  if (plan.type === "refuse") throw conflict(file, host, plan.why);
  const left = replaced(routes, current, plan.type === "replace" ? plan.after : undefined);
  const egress: EgressKeys = { ...keys.egress, routes: left };
  if (kept.created === "egress" && isSame(withoutRoutes(egress), withoutRoutes(inherited ?? {}))) {
    return edited(file, keys, { egress: undefined }, known);
  }
  if (kept.created === "routes" && left.length === 0) {
    const { routes: _none, ...rest } = egress;
    return edited(file, keys, { egress: rest }, known);
  }
  return edited(file, keys, { egress }, known);
}

function keysOf(file: DefinitionFile, known: Known | undefined): BottleKeys {
  const parsed = parseBottle(file, known);
  if (!parsed.ok) throw problemsError(parsed.problems);
  return parsed.value.keys;
}

/** `routes` with `after` in the place of `before`, or at the end; without `after`, `before` is gone. */
function replaced(routes: readonly Route[], before: Route | undefined, after: Route | undefined): Route[] {
  const kept = routes.flatMap((route) =>
    route === before || isSame(route, before) ? (after === undefined ? [] : [after]) : [route],
  );
  return before === undefined && after !== undefined ? [...kept, after] : kept;
}

/** Edits, reads back, and gives the text only when it means exactly what was wanted. */
function edited(file: DefinitionFile, keys: BottleKeys, edit: RoutesEdit, known: Known | undefined): string {
  const parts = splitFrontMatter(file.text);
  if (parts === undefined) throw new BottleError("invalid", "has no front matter", { where: file.path });
  const text = `${parts.head}${editRoutes(parts.yaml, edit)}${parts.tail}`;
  const { egress: _egress, ...others } = keys;
  const wanted = edit.egress === undefined ? others : { ...others, egress: edit.egress };
  if (isSame(keysOf({ ...file, text }, known), wanted)) return text;
  throw new BottleError("failed", "cannot be edited without changing what else it says", {
    where: file.path,
    hint: "edit the file by hand",
  });
}

function withoutRoutes({ routes = [], ...rest }: EgressKeys): EgressKeys {
  return routes.length === 0 ? rest : { ...rest, routes };
}

function conflict({ path }: DefinitionFile, host: string, why: string): BottleError {
  return new BottleError("conflict", `egress.routes: ${host} ${why}`, { where: path, hint: "edit the file by hand" });
}
