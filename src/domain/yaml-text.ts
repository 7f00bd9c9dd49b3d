// YAML that people or repositories wrote, read under the house rules: core schema, no duplicate keys, no tags, bounded
// aliases, depth and size. Gives plain values with the line of each, or every problem; never throws.

import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, type Scalar } from "yaml";

import { fieldName } from "#domain/problem/field-name.ts";
import type { Problem } from "#domain/problem/problem.ts";
import { plainLine } from "#domain/plain-text.ts";

export const FILE_LIMIT = 1_048_576;
const MAX_DEPTH = 32;
const MAX_ALIASES = 100;
const MAX_NODES = 20_000;
/** One broken line often breaks those after it: more than these say nothing new. */
const MAX_SYNTAX_PROBLEMS = 5;
/** Of the path to a value that is nested too deeply. */
const SHOWN_PARTS = 4;

export type YamlPath = readonly (string | number)[];

export interface YamlText {
  readonly path: string;
  /** Null for an empty text. Maps are objects with string keys. */
  readonly value: unknown;
  /** The line of the deepest part of `path` that the text has. */
  lineOf(path: readonly PropertyKey[]): number | undefined;
}

export interface YamlOptions {
  /** Named in problems. */
  readonly path: string;
  /** The line of the file that the text begins on; default 1. */
  readonly firstLine?: number;
  /** Where numbers and booleans stay the text that was written. */
  readonly asText?: (path: YamlPath) => boolean;
}

export type ReadYaml =
  | { readonly ok: true; readonly yaml: YamlText }
  | { readonly ok: false; readonly problems: readonly Problem[] };

export function readYaml(text: string, options: YamlOptions): ReadYaml {
  const counter = new LineCounter();
  const firstLine = options.firstLine ?? 1;
  const lineAt = (offset: number) => counter.linePos(offset).line + firstLine - 1;
  const problems: Problem[] = [];
  const complain = (line: number | undefined, message: string, field = "") => {
    problems.push({ severity: "error", path: options.path, field, message, ...(line === undefined ? {} : { line }) });
  };
  if (text.length > FILE_LIMIT) {
    complain(undefined, "is larger than 1 MiB");
    return { ok: false, problems };
  }
  // Its own check for duplicate keys takes quadratic time; ours is below.
  const settings = {
    schema: "core",
    resolveKnownTags: false, // !!binary and !!set would give more than plain values
    uniqueKeys: false,
    prettyErrors: false,
    strict: true,
    lineCounter: counter,
  } as const;
  const document = parseDocument(text, settings);
  for (const error of [...document.errors, ...document.warnings].slice(0, MAX_SYNTAX_PROBLEMS)) {
    complain(lineAt(error.pos[0]), syntaxMessage(error.code, error.message));
  }
  if (problems.length > 0) return { ok: false, problems };

  const lines = new Map<string, number>();
  const walk: Walk = {
    lines,
    anchors: new Map(),
    aliases: 0,
    nodes: 0,
    lineAt,
    complain,
    asText: options.asText ?? (() => false),
  };
  const value = plainValue(document.contents, [], walk, 0);
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, yaml: { path: options.path, value, lineOf: (path) => nearestLine(lines, path) } };
}

interface Walk {
  readonly lines: Map<string, number>;
  /** Those seen so far, in the order of the text. */
  readonly anchors: Map<string, Node>;
  aliases: number;
  nodes: number;
  readonly lineAt: (offset: number) => number;
  readonly complain: (line: number | undefined, message: string, field?: string) => void;
  readonly asText: (path: YamlPath) => boolean;
}

class TooMuch extends Error {}

function plainValue(root: unknown, path: YamlPath, walk: Walk, depth: number): unknown {
  try {
    return plainNode(root, path, walk, depth);
  } catch (error) {
    if (error instanceof TooMuch) return undefined; // said already
    throw error;
  }
}

function plainNode(node: unknown, path: YamlPath, walk: Walk, depth: number): unknown {
  const line = lineOfNode(node, walk);
  walk.nodes += 1;
  if (depth > MAX_DEPTH) throw tooMuch(walk, line, `is nested more than ${MAX_DEPTH} deep, or contains itself`, path);
  if (walk.nodes > MAX_NODES) throw tooMuch(walk, line, `has more than ${MAX_NODES} values`, path);
  if (isAlias(node)) return plainAlias(node.source, line, path, walk, depth);
  if ((isMap(node) || isSeq(node) || isScalar(node)) && node.anchor !== undefined) walk.anchors.set(node.anchor, node);
  if (isMap(node)) return plainMap(node.items, path, walk, depth);
  if (isSeq(node)) return node.items.map((item, index) => plainChild(item, [...path, index], walk, depth));
  return isScalar(node) ? plainScalar(node, path, walk) : null;
}

function plainAlias(anchor: string, line: number | undefined, path: YamlPath, walk: Walk, depth: number): unknown {
  walk.aliases += 1;
  if (walk.aliases > MAX_ALIASES) throw tooMuch(walk, line, `has more than ${MAX_ALIASES} aliases`, path);
  const target = walk.anchors.get(anchor);
  if (target === undefined)
    throw tooMuch(walk, line, `has the alias *${plainLine(anchor).slice(0, 40)} of nothing`, path);
  return plainNode(target, path, walk, depth + 1);
}

function plainMap(
  items: readonly { key: unknown; value: unknown }[],
  path: YamlPath,
  walk: Walk,
  depth: number,
): unknown {
  const entries = new Map<string, unknown>();
  for (const { key, value } of items) {
    const line = lineOfNode(key, walk);
    const name = keyText(key, walk, path);
    if (name === undefined) walk.complain(line, "has a key that is no plain text", fieldName(path));
    else if (entries.has(name)) walk.complain(line, "is there twice", fieldName([...path, name]));
    else if (name === "__proto__") walk.complain(line, "is not accepted as a key", fieldName([...path, name]));
    else {
      if (line !== undefined) walk.lines.set(lineKey([...path, name]), line);
      entries.set(name, plainNode(value, [...path, name], walk, depth + 1));
    }
  }
  return Object.fromEntries(entries);
}

function plainChild(item: unknown, path: YamlPath, walk: Walk, depth: number): unknown {
  const line = lineOfNode(item, walk);
  if (line !== undefined) walk.lines.set(lineKey(path), line);
  return plainNode(item, path, walk, depth + 1);
}

function plainScalar(node: Scalar, path: YamlPath, walk: Walk): unknown {
  const { value } = node;
  const written = typeof value === "number" || typeof value === "bigint" || typeof value === "boolean";
  return written && node.source !== undefined && walk.asText(path) ? node.source : value;
}

function keyText(key: unknown, walk: Walk, path: YamlPath): string | undefined {
  if (!isScalar(key)) return undefined;
  if (typeof key.value === "string") return key.value;
  return typeof key.value === "number" && walk.asText([...path, ""]) ? key.source : undefined;
}

function lineOfNode(node: unknown, walk: Walk): number | undefined {
  const start = isMap(node) || isSeq(node) || isScalar(node) || isAlias(node) ? node.range?.[0] : undefined;
  return start === undefined ? undefined : walk.lineAt(start);
}

function tooMuch(walk: Walk, line: number | undefined, message: string, path: YamlPath): TooMuch {
  walk.complain(line, message, fieldName(path.slice(0, SHOWN_PARTS)));
  return new TooMuch();
}

function lineKey(path: readonly PropertyKey[]): string {
  return path.map(String).join("\u0000");
}

function nearestLine(lines: ReadonlyMap<string, number>, path: readonly PropertyKey[]): number | undefined {
  for (let length = path.length; length > 0; length--) {
    const line = lines.get(lineKey(path.slice(0, length)));
    if (line !== undefined) return line;
  }
  return undefined;
}

function syntaxMessage(code: string, message: string): string {
  const said = plainLine(message.split("\n", 1)[0] ?? "").slice(0, 160);
  if (said.includes("call stack")) return "is not valid YAML: it is nested too deeply";
  if (code === "BLOCK_AS_IMPLICIT_KEY") return "is not valid YAML: put a text that contains `: ` in quotes";
  if (code === "TAB_AS_INDENT") return "is not valid YAML: a tab indents it; use spaces";
  if (code === "MULTIPLE_DOCS") return "is not valid YAML here: a second document begins";
  if (code === "TAG_RESOLVE_FAILED") return "has a tag; tags are not accepted";
  return `is not valid YAML: ${said}`;
}
