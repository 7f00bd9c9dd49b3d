// What of one route some requests needed: never more than the route allows, header conditions and all.

import type { SeenRequest } from "./control.ts";
import { isUnder } from "./covers.ts";
import type { Route, RouteMatch, TableRoute } from "./route.ts";
import { isPlainPath } from "./table.ts";

type Kind = Pick<SeenRequest, "method" | "path">;
export type Rule = Pick<Route, "methods" | "path_allowlist" | "matches">;
type PathRules = Rule & Pick<TableRoute, "encoded_slashes">;

/** One way to fit a route: below one of the prefixes, with one of the methods, with these headers. */
interface Alternative {
  readonly prefixes: readonly string[];
  readonly methods: readonly string[] | undefined;
  readonly headers: RouteMatch["headers"];
}

/** More prefixes than these in one alternative, and they are folded into their folders. */
const MOST_PATHS = 8;
const ORDER = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"];

/** Each of `matches` fits something that was asked for, and only what `route` allows. Empty: it needed nothing of it. */
export function narrow(route: PathRules, kinds: readonly Kind[]): RouteMatch[] {
  const matches = alternativesOf(route).flatMap((alternative) => narrowed(alternative, kinds, route.encoded_slashes));
  return [...new Map(matches.map((match) => [JSON.stringify(match), match])).values()];
}

/** As a route says it: methods and paths, or `matches` where not every path goes with the same methods or headers are named. */
export function ruleOf(matches: readonly RouteMatch[]): Rule {
  const [first] = matches;
  const methods = JSON.stringify(first?.methods);
  const isPlain = matches.every((match) => match.headers === undefined && JSON.stringify(match.methods) === methods);
  if (!isPlain) return { matches: [...matches] };
  const paths = matches.flatMap(({ path }) => path ?? []);
  return {
    ...(first?.methods === undefined ? {} : { methods: first.methods }),
    ...(paths.length < matches.length ? {} : { path_allowlist: paths }),
  };
}

/** Whether a route fits these at least in some alternative that no header decides. */
export function fitsWithoutHeaders(route: PathRules, kind: Kind): boolean {
  return narrow(route, [kind]).some(({ headers }) => headers === undefined);
}

export function isMethod(method: string): boolean {
  return /^[A-Z]+$/.test(method);
}

function alternativesOf({ path_allowlist = ["/"], methods, matches = [{}] }: PathRules): Alternative[] {
  return matches.map((match) => {
    const inside = match.path ?? "/";
    const prefixes = path_allowlist.flatMap((prefix) => {
      if (isUnder(prefix, inside)) return [prefix];
      return isUnder(inside, prefix) ? [inside] : [];
    });
    const both =
      methods === undefined || match.methods === undefined
        ? (match.methods ?? methods)
        : methods.filter((method) => match.methods?.includes(method));
    return { prefixes, methods: both, headers: match.headers };
  });
}

function narrowed({ prefixes, methods, headers }: Alternative, kinds: readonly Kind[], whole = false): RouteMatch[] {
  const pieces = kinds
    .filter(({ method }) => methods === undefined || methods.includes(method))
    .flatMap(({ method, path }) => within(path, prefixes).map((inside) => ({ method, path: whole ? "/" : inside })));
  return fewest(pieces, prefixes).map((path) => {
    const used = methodsOf(pieces.filter((piece) => isUnder(piece.path, path)));
    return {
      ...(path === "/" ? {} : { path }),
      ...(used === undefined ? {} : { methods: used }),
      ...(headers === undefined ? {} : { headers }),
    };
  });
}

/** What is of both: the path itself, or the prefixes in it where it is a folder that stands for many. */
function within(path: string, prefixes: readonly string[]): string[] {
  return prefixes.flatMap((prefix) => {
    if (isUnder(path, prefix)) return [notAbove(writtenOf(path), prefix)];
    return path.endsWith("/") && isUnder(prefix, path) ? [prefix] : [];
  });
}

function notAbove(path: string, prefix: string): string {
  return isUnder(path, prefix) ? path : prefix;
}

/** Undefined where one of them cannot be written: any method then. */
function methodsOf(kinds: readonly Kind[]): string[] | undefined {
  const methods = [...new Set(kinds.map(({ method }) => method))];
  if (!methods.every(isMethod)) return undefined;
  return methods.toSorted((one, other) => rank(one) - rank(other) || (one < other ? -1 : 1));
}

function rank(method: string): number {
  const place = ORDER.indexOf(method);
  return place === -1 ? ORDER.length : place;
}

/** As a table writes it: escaped; the folder above it where it cannot be written. */
function writtenOf(path: string): string {
  const escaped = encodeURI(path).replaceAll("?", "%3F").replaceAll("#", "%23");
  return escaped.startsWith("/") && isPlainPath(escaped) && escaped.length <= 1024
    ? escaped
    : writtenOf(folderOf(path));
}

/** Without those below another, and folded from the deepest up until they are few; never above the route's own prefix. */
function fewest(pieces: readonly Kind[], prefixes: readonly string[]): string[] {
  let paths = outermost(pieces.map(({ path }) => path));
  while (paths.length > MOST_PATHS) {
    const folding = paths.map((path) => ({ path, folder: foldedOf(path, prefixes) }));
    const depth = Math.max(
      0,
      ...folding.filter(({ path, folder }) => path !== folder).map(({ path }) => depthOf(path)),
    );
    if (depth === 0) break;
    paths = outermost(folding.map(({ path, folder }) => (depthOf(path) === depth ? folder : path)));
  }
  return paths.toSorted();
}

function foldedOf(path: string, prefixes: readonly string[]): string {
  const folder = folderOf(path);
  if (prefixes.some((prefix) => isUnder(folder, prefix))) return folder;
  return prefixes.find((prefix) => isUnder(path, prefix)) ?? path;
}

function outermost(all: readonly string[]): string[] {
  const paths = [...new Set(all)];
  return paths.filter((path) => !paths.some((other) => other !== path && isUnder(path, other)));
}

function depthOf(path: string): number {
  return path === "/" ? 0 : path.split("/").length - (path.endsWith("/") ? 1 : 0);
}

function folderOf(path: string): string {
  const end = path.endsWith("/") ? path.length - 2 : path.length - 1;
  return path.slice(0, Math.max(path.lastIndexOf("/", end), 0) + 1) || "/";
}
