// From what a schema found to problems that people read: all messages about values are made here.

import type * as z from "zod";

import { plainLine } from "#domain/plain-text.ts";
import type { YamlText } from "#domain/yaml-text.ts";

import { fieldName } from "./field-name.ts";
import { nearestOf } from "./nearest.ts";
import type { Parsed, Problem } from "./problem.ts";

/** What a rule that spans several fields has to say; the schema sees one field at a time. */
export interface Complaint {
  readonly path: readonly (string | number)[];
  readonly message: string;
  /** What people call the thing, where that says more than its place. */
  readonly subject?: string;
  /** Default "error". */
  readonly severity?: Problem["severity"];
}

export interface CheckOptions {
  /** Looked at even where the schema already found something. */
  readonly complaints?: readonly Complaint[];
  /** Values that no message may show. */
  readonly isSecret?: (path: readonly PropertyKey[]) => boolean;
  /** For a key that is written in the wrong place: where it belongs. */
  readonly elsewhere?: Readonly<Record<string, string>>;
}

export function checkYaml<S extends z.ZodType>(
  schema: S,
  yaml: YamlText,
  options: CheckOptions = {},
): Parsed<z.output<S>> {
  const { complaints = [], isSecret = () => false, elsewhere = {} } = options;
  const parsed = schema.safeParse(yaml.value, { error: defaultMessage });
  const issues = parsed.success
    ? []
    : parsed.error.issues.flatMap((issue) => complaintsOf(issue, schema, yaml, { isSecret, elsewhere }));
  const problems = [...issues, ...complaints].map((complaint) => toProblem(complaint, yaml)).toSorted(byLine);
  if (parsed.success && problems.every(({ severity }) => severity === "warning")) {
    return { ok: true, value: parsed.data, warnings: problems };
  }
  return { ok: false, problems };
}

function toProblem({ path, message, subject, severity = "error" }: Complaint, yaml: YamlText): Problem {
  const line = yaml.lineOf(path);
  const field = subject === undefined ? fieldName(path) : plainLine(subject).slice(0, 80);
  return { severity, path: yaml.path, field, message, ...(line === undefined ? {} : { line }) };
}

function byLine(a: Problem, b: Problem): number {
  return (a.line ?? 0) - (b.line ?? 0);
}

function complaintsOf(
  issue: z.core.$ZodIssue,
  schema: z.ZodType,
  yaml: YamlText,
  { isSecret, elsewhere }: Required<Pick<CheckOptions, "isSecret" | "elsewhere">>,
): Complaint[] {
  const path = issue.path.map((part) => (typeof part === "symbol" ? String(part) : part));
  if (issue.code === "unrecognized_keys") {
    const accepted = keysAt(schema, path);
    return issue.keys.map((key) => ({ path: [...path, key], message: unknownKey(key, accepted, elsewhere) }));
  }
  const message = issue.code === "invalid_key" ? (issue.issues[0]?.message ?? issue.message) : issue.message;
  const shown = issue.code === "invalid_key" || isSecret(path) ? "" : shownValue(valueAt(yaml.value, path));
  return [
    { path, message: shown === "" || !/^(?:must|is|has|cannot)\b/.test(message) ? message : `${shown} ${message}` },
  ];
}

function unknownKey(key: string, accepted: readonly string[], elsewhere: Readonly<Record<string, string>>): string {
  if (Object.hasOwn(elsewhere, key)) return `is no key that is known here; ${elsewhere[key]}`;
  const nearest = nearestOf(key, accepted);
  const list = `accepted are ${accepted.join(", ")}`;
  return nearest === undefined
    ? `is no key that is known here; ${list}`
    : `is no key that is known here; did you mean \`${nearest}\`? (${list})`;
}

/** For what a schema has no words of its own. */
function defaultMessage(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case "invalid_type":
      if (issue.input === undefined) return "is missing";
      if (issue.input === null) return `is empty; it takes ${kindName(issue.expected)}`;
      if (issue.expected === "int" && typeof issue.input === "number") return "must be a whole number";
      return `must be ${kindName(issue.expected)}, not ${kindName(kindOf(issue.input))}`;
    case "invalid_value": {
      const accepted = issue.values.map(String);
      const nearest = typeof issue.input === "string" ? nearestOf(issue.input, accepted) : undefined;
      return `is not accepted; use ${orList(accepted)}${nearest === undefined ? "" : ` (did you mean ${nearest}?)`}`;
    }
    case "too_small":
      if (issue.origin === "string" || issue.origin === "array") return "must not be empty";
      return `must be ${issue.inclusive === false ? "more than" : "at least"} ${issue.minimum}`;
    case "too_big":
      return `must be at most ${issue.maximum}`;
    default:
      return undefined;
  }
}

function orList(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return typeof value;
}

function kindName(kind: string): string {
  switch (kind) {
    case "string":
      return "text";
    case "int":
      return "a whole number";
    case "number":
      return "a number";
    case "boolean":
      return "true or false";
    case "array":
      return "a list";
    case "object":
    case "record":
      return "a map of keys and values";
    default:
      return kind;
  }
}

function shownValue(value: unknown): string {
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (typeof value !== "string") return "";
  // A password in a URL is not for the screen.
  const text = plainLine(value.slice(0, 1000)).replaceAll(/[^/\s@]*:[^/\s@]*@/g, "…@");
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let at: unknown = value;
  for (const part of path) {
    at =
      typeof at === "object" && at !== null && Object.hasOwn(at, part)
        ? (at as Record<PropertyKey, unknown>)[part]
        : undefined;
  }
  return at;
}

/** The keys that the object at `path` of the schema takes. */
function keysAt(schema: z.core.$ZodType, path: readonly PropertyKey[]): string[] {
  const [part, ...rest] = path;
  for (const inner of layers(schema)) {
    const { def } = inner._zod as { def: SchemaDef };
    if (def.type === "object" && def.shape !== undefined) {
      const member = part === undefined ? undefined : def.shape[String(part)];
      if (part === undefined) return Object.keys(def.shape).filter((key) => !isRefused(def.shape?.[key]));
      if (member !== undefined) return keysAt(member, rest);
    }
    const element = def.type === "array" ? def.element : def.type === "record" ? def.valueType : undefined;
    if (element !== undefined && part !== undefined) return keysAt(element, rest);
  }
  return [];
}

interface SchemaDef {
  readonly type: string;
  readonly shape?: Readonly<Record<string, z.core.$ZodType>>;
  readonly element?: z.core.$ZodType;
  readonly valueType?: z.core.$ZodType;
  readonly innerType?: z.core.$ZodType;
  readonly in?: z.core.$ZodType;
  readonly out?: z.core.$ZodType;
}

/** The schema itself and what it wraps: optional, nullable, transformed. */
function layers(schema: z.core.$ZodType): z.core.$ZodType[] {
  const { def } = schema._zod as { def: SchemaDef };
  const wrapped = [def.innerType, def.in, def.out].filter((inner) => inner !== undefined);
  return [schema, ...wrapped.flatMap(layers)];
}

/** A key that is there only to be refused with a reason is not offered. */
function isRefused(schema: z.core.$ZodType | undefined): boolean {
  return schema !== undefined && layers(schema).some((inner) => inner._zod.def.type === "never");
}
