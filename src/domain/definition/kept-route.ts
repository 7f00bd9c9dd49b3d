// What keeping a route in a definition changes there: the smallest edit that allows it and nothing else, and its undo.

import * as z from "zod";

import { Route } from "#domain/egress/route.ts";
import { canonicalJson } from "#domain/json.ts";

import { ruleHost } from "./egress.ts";

/** Written down with the decision, so that undo takes back exactly this. */
export const KeptRoute = z.strictObject({
  /** The route of that host as it was; absent when there was none. */
  before: Route.optional(),
  after: Route,
  /** The part of the definition that was made for it. */
  created: z.enum(["egress", "routes"]).optional(),
});
export type KeptRoute = z.infer<typeof KeptRoute>;

export type KeepPlan =
  /** The definition allows it already. */
  | { readonly type: "nothing" }
  | { readonly type: "add"; readonly after: Route }
  | { readonly type: "replace"; readonly before: Route; readonly after: Route }
  | { readonly type: "refuse"; readonly why: string };

/** A route per host: another rule for a host that has one is merged into it, if that allows nothing more than the two do. */
export function planKeep(routes: readonly Route[], wanted: Route): KeepPlan {
  const before = routes.find(({ host }) => ruleHost(host) === ruleHost(wanted.host));
  if (before === undefined) return { type: "add", after: { ...wanted, host: ruleHost(wanted.host) } };
  if (!sameBut(before, wanted)) {
    return { type: "refuse", why: "has a route already, with another port, credential or protection" };
  }
  const paths = widen(before.path_allowlist, wanted.path_allowlist, covers);
  const methods = widen(before.methods, wanted.methods, (a, b) => a === b);
  if (!paths.wider && !methods.wider) return { type: "nothing" };
  const pathsSwallow = !widen(wanted.path_allowlist, before.path_allowlist, covers).wider;
  const methodsSwallow = !widen(wanted.methods, before.methods, (a, b) => a === b).wider;
  // Together, new paths with old methods (or the reverse) would be allowed although nobody asked for them.
  if ((paths.wider && !methodsSwallow) || (methods.wider && !pathsSwallow)) {
    return { type: "refuse", why: "has a route already, and one route cannot say both" };
  }
  const { path_allowlist: _paths, methods: _methods, ...rest } = before;
  const after = { ...rest, ...listed("path_allowlist", paths.list), ...listed("methods", methods.list) };
  return { type: "replace", before, after };
}

export type UndoPlan =
  | { readonly type: "remove" }
  | { readonly type: "replace"; readonly after: Route }
  | { readonly type: "refuse"; readonly why: string };

/** `current` is the definition's route of that host now. */
export function planUndo(current: Route, { before, after }: KeptRoute): UndoPlan {
  if (isSame(current, after)) return before === undefined ? { type: "remove" } : { type: "replace", after: before };
  const why = "was changed since it was kept";
  if (!sameBut(current, after) || !isSameList(current.methods, after.methods)) return { type: "refuse", why };
  if (current.path_allowlist === undefined || after.path_allowlist === undefined) return { type: "refuse", why };
  // Somebody added or removed paths since: take only ours.
  const ours = after.path_allowlist.filter((path) => before?.path_allowlist?.includes(path) !== true);
  const left = current.path_allowlist.filter((path) => !ours.includes(path));
  return left.length === 0 ? { type: "remove" } : { type: "replace", after: { ...current, path_allowlist: left } };
}

/** Everything but the lists. */
function sameBut(a: Route, b: Route): boolean {
  const rest = ({ path_allowlist: _paths, methods: _methods, host, port, http, ...others }: Route) =>
    canonicalJson({ ...others, host: ruleHost(host), http: http ?? false, port: port ?? 443 });
  return rest(a) === rest(b);
}

/** `have` with what `wanted` needs beside it; undefined allows everything. */
function widen(
  have: readonly string[] | undefined,
  wanted: readonly string[] | undefined,
  within: (outer: string, inner: string) => boolean,
): { wider: boolean; list: string[] | undefined } {
  if (have === undefined) return { wider: false, list: undefined };
  if (wanted === undefined) return { wider: true, list: undefined };
  const added = wanted.filter((item) => !have.some((outer) => within(outer, item)));
  return { wider: added.length > 0, list: [...have, ...added] };
}

/** A prefix ends at a path segment. */
function covers(outer: string, inner: string): boolean {
  return inner === outer || inner.startsWith(outer.endsWith("/") ? outer : `${outer}/`);
}

function listed<K extends "path_allowlist" | "methods">(key: K, list: string[] | undefined): { [P in K]?: string[] } {
  return list === undefined ? {} : ({ [key]: list } as { [P in K]: string[] });
}

export function isSame(a: unknown, b: unknown): boolean {
  return canonicalJson(a) === canonicalJson(b);
}

function isSameList(a: readonly string[] | undefined, b: readonly string[] | undefined): boolean {
  return isSame(a?.toSorted() ?? null, b?.toSorted() ?? null);
}
