// Edits the routes in the YAML of a definition. One item added to or taken from a plain list touches only its own lines;
// any other edit goes through the document, which keeps comments and order.

import { type Document, isMap, isSeq, type Node, parseDocument, stringify, type YAMLSeq } from "yaml";

import type { Route } from "#domain/egress/route.ts";

import type { EgressKeys } from "./egress.ts";
import { isSame } from "./kept-route.ts";

export interface RoutesEdit {
  /** What `egress` is to say; undefined takes the key away. */
  readonly egress: EgressKeys | undefined;
  /** Nothing of `egress` stands in the text yet. */
  readonly created?: boolean;
}

export function editRoutes(yaml: string, { egress, created = false }: RoutesEdit): string {
  const document = parseDocument(yaml, { schema: "core" });
  if (egress === undefined) {
    const block = egressBlock(yaml, jsonAt(document, ["egress"]));
    if (yaml.endsWith(block)) return yaml.slice(0, -block.length);
    document.delete("egress");
  } else if (created) {
    if (isPlainMap(yaml, document)) return `${yaml}${egressBlock(yaml, egress)}`;
    document.set("egress", document.createNode(egress));
  } else {
    const inPlace =
      editList(yaml, document, ["egress", "routes"], egress.routes) ?? editRouteList(yaml, document, egress);
    if (inPlace !== undefined) return inPlace;
    if (egress.routes === undefined) document.deleteIn(["egress", "routes"]);
    else editNodes(document, egress.routes);
  }
  return document.toString({ lineWidth: 0, ...layoutOf(yaml) });
}

function egressBlock(yaml: string, egress: unknown): string {
  return stringify({ egress }, { schema: "core", lineWidth: 0, aliasDuplicateObjects: false }).replaceAll(
    "\n",
    lineEnd(yaml),
  );
}

/** A block of keys may be written below what is there. */
function isPlainMap(yaml: string, { contents }: Document): boolean {
  if (contents === null) return true;
  const start = contents.range?.[0] ?? 0;
  return isMap(contents) && contents.flow !== true && (start === 0 || yaml[start - 1] === "\n");
}

function lineEnd(yaml: string): string {
  return yaml.includes("\r\n") ? "\r\n" : "\n";
}

/** A path or a method more or less in one route; undefined when that is not all that changes. */
function editRouteList(yaml: string, document: Document, { routes = [] }: EgressKeys): string | undefined {
  const old = (jsonAt(document, ["egress", "routes"]) ?? []) as Route[];
  if (old.length !== routes.length) return undefined;
  const changed = routes.flatMap((route, index) =>
    (["path_allowlist", "methods"] as const).flatMap((key) =>
      isSame(old[index]?.[key] ?? null, route[key] ?? null)
        ? []
        : [{ path: ["egress", "routes", index, key], wanted: route[key] }],
    ),
  );
  const [only] = changed;
  return only === undefined || changed.length > 1 ? undefined : editList(yaml, document, only.path, only.wanted);
}

/** `yaml` with one item more at the end, or one less anywhere; undefined when this list cannot be edited line by line. */
function editList(
  yaml: string,
  document: Document,
  path: (string | number)[],
  wanted: readonly unknown[] | undefined,
): string | undefined {
  const list = document.getIn(path, true);
  if (wanted === undefined || !isSeq(list) || list.flow === true || list.items.length === 0) return undefined;
  const have = (jsonAt(document, path) ?? []) as unknown[];
  const added = wanted.at(-1);
  if (wanted.length === have.length + 1 && isSame(wanted.slice(0, -1), have)) return appended(yaml, list, added);
  const gone = have.findIndex((item, index) => !isSame(item, wanted[index]));
  const isOneLess = wanted.length === have.length - 1 && isSame(have.toSpliced(gone, 1), wanted);
  return isOneLess && wanted.length > 0 ? removed(yaml, list, gone) : undefined;
}

function appended(yaml: string, list: YAMLSeq, item: unknown): string | undefined {
  const last = linesOf(yaml, list.items.at(-1));
  if (last === undefined) return undefined;
  const end = lineEnd(yaml);
  const lines = stringify([item], { schema: "core", lineWidth: 0 }).trimEnd().split("\n");
  const text = lines.map((line) => `${last.indent}${line}${end}`).join("");
  return `${yaml.slice(0, last.end)}${text}${yaml.slice(last.end)}`;
}

function removed(yaml: string, list: YAMLSeq, index: number): string | undefined {
  const lines = linesOf(yaml, list.items[index]);
  return lines === undefined ? undefined : `${yaml.slice(0, lines.start)}${yaml.slice(lines.end)}`;
}

/** Where the lines of a list's item are; undefined when they are not its alone. */
function linesOf(yaml: string, item: unknown): { start: number; end: number; indent: string } | undefined {
  const range = (item as Node | undefined)?.range;
  if (range === null || range === undefined) return undefined;
  const start = yaml.lastIndexOf("\n", range[0] - 1) + 1;
  const indent = /^( *)- +$/.exec(yaml.slice(start, range[0]))?.[1];
  if (indent === undefined) return undefined;
  if (yaml[range[1] - 1] === "\n") return { start, end: range[1], indent };
  const next = yaml.indexOf("\n", range[1]);
  return { start, end: next === -1 ? yaml.length : next + 1, indent };
}

/** The routes that changed, in the document; the others keep their nodes and comments. */
function editNodes(document: Document, routes: readonly Route[]): void {
  const list = document.getIn(["egress", "routes"], true);
  if (!isSeq(list)) {
    document.setIn(["egress", "routes"], document.createNode(routes));
    return;
  }
  if (list.items.length === 0) list.flow = false;
  const old = list.items.map((node, index) => ({
    node,
    route: jsonAt(document, ["egress", "routes", index]) as Route,
  }));
  list.items = routes.map((route, index) => {
    const same = old.find((entry) => isSame(entry.route, route));
    if (same !== undefined) return same.node;
    const changed =
      old[index]?.route.host === route.host ? old[index] : old.find((entry) => entry.route.host === route.host);
    if (changed === undefined || !isMap(changed.node)) return document.createNode(route);
    for (const key of ["path_allowlist", "methods"] as const) {
      if (route[key] === undefined) changed.node.delete(key);
      else if (!isSame(changed.route[key], route[key])) changed.node.set(key, document.createNode(route[key]));
    }
    return changed.node;
  });
}

function jsonAt(document: Document, path: (string | number)[]): unknown {
  const node = document.getIn(path, true) as Node | undefined;
  return node?.toJS(document);
}

/** As the text is laid out already. */
function layoutOf(yaml: string): { indent: number; indentSeq: boolean; flowCollectionPadding: boolean } {
  const indent = /^( +)[^\s#-]/m.exec(yaml)?.[1]?.length ?? 2;
  return {
    indent: Math.min(Math.max(indent, 1), 8),
    indentSeq: !/^( *)[^\s#][^\n]*:[ \t]*\r?\n\1- /m.test(yaml),
    flowCollectionPadding: /[[{] /.test(yaml),
  };
}
