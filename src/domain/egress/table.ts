// `egress/routes.yaml`: the one function that renders a route table and the one that parses it.

import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, stringify } from "yaml";
import type * as z from "zod";

import { BottleError } from "#domain/bottle-error.ts";

import { type DlpException, RouteTable, type TableRoute } from "./route.ts";
import { contradictions, passthroughContradictions } from "./route-rules.ts";

const SIZE_LIMIT = 1_048_576;
const HEADING = "# What this bottle may reach. Written by bottle-dash; the proxy reloads it when it changes.\n";

/** An exact name, or `*.` and a name: one label or more, never the apex. Names only: an address is never a rule. */
const HOST = /^(?:\*\.)?(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;
/** A last label that a URL parser takes for a part of an IPv4 address. */
const NUMERIC_END = /(?:^|\.)(?:\d+|0x[0-9a-f]*)$/;
const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)$/;
const CIDR = /^([0-9a-f:.]+)\/(\d{1,3})$/i;

/** YAML that `parseRouteTable` reads back as an equal table. Throws `invalid` for a table that it would refuse. */
export function renderRouteTable(table: RouteTable): string {
  check(table, "routes.yaml", () => undefined);
  return HEADING + stringify(table, { schema: "core", lineWidth: 0, aliasDuplicateObjects: false });
}

/** Throws `invalid`, naming `file`, the line and the field, for anything that is not wholly a table. */
export function parseRouteTable(text: string, file = "routes.yaml"): RouteTable {
  if (text.length > SIZE_LIMIT) {
    throw new BottleError("invalid", "is larger than 1 MiB", { where: file, hint: "remove routes that nobody needs" });
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { schema: "core", uniqueKeys: true, lineCounter: lines, stringKeys: true });
  const [broken] = [...document.errors, ...document.warnings];
  if (broken !== undefined) {
    const line = lines.linePos(broken.pos[0]).line;
    throw new BottleError("invalid", firstLine(broken.message), { where: `${file}:${line}`, cause: broken });
  }
  return check(toPlain(document, file), file, (path) => lineOf(document.contents, path, lines));
}

/** True when `host` can be a rule of the table: lower case, ASCII, no address, no trailing dot; `*.` may begin it. */
export function isRuleHost(host: string): boolean {
  return host.length <= 253 && HOST.test(host) && !NUMERIC_END.test(host);
}

/** Where an entry of `hosts` pins a name to. */
export type Pin = { readonly address: string; readonly port: number } | { readonly socket: string };

/** What the kernel takes for the name of a socket. */
const MOST_SOCKET_BYTES = 107;

/** Undefined when it is neither `address:port` nor `unix:` and the absolute path of a socket. */
export function parsePinned(pinned: string): Pin | undefined {
  if (pinned.startsWith("unix:")) return parseSocket(pinned.slice("unix:".length));
  const match = /^(?:\[([0-9a-f:.]+)\]|([0-9.]+)):(\d{1,5})$/i.exec(pinned);
  const address = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (address === undefined || !(port >= 1 && port <= 65_535)) return undefined;
  if (match?.[2] !== undefined && !IPV4.test(address)) return undefined;
  return { address, port };
}

/** A path that reads as it is: no dots, empty parts or controls in it. */
function parseSocket(path: string): Pin | undefined {
  // oxlint-disable-next-line no-control-regex -- controls are what is refused
  if (!path.startsWith("/") || /[\u0000-\u001f\u007f]/.test(path)) return undefined;
  if (!path.isWellFormed() || encodeURIComponent(path).replaceAll(/%../g, "x").length > MOST_SOCKET_BYTES)
    return undefined;
  const parts = path.slice(1).split("/");
  return parts.some((part) => part === "" || part === "." || part === "..") ? undefined : { socket: path };
}

type Locate = (path: readonly PropertyKey[]) => number | undefined;

function check(value: unknown, file: string, locate: Locate): RouteTable {
  const dropped = protoPath(value);
  if (dropped !== undefined) throw wrong(file, locate, dropped, "is no name");
  const parsed = RouteTable.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw wrong(file, locate, issue?.path ?? [], issue === undefined ? "is not a table" : explain(issue));
  }
  for (const [path, what] of problems(parsed.data)) throw wrong(file, locate, path, what);
  return parsed.data;
}

/** Where `__proto__` stands as a key: a schema drops it without a word, and a match by it would then ask for nothing. */
function protoPath(value: unknown): PropertyKey[] | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  for (const [key, member] of Object.entries(value)) {
    if (key === "__proto__") return [key];
    const below = protoPath(member);
    if (below !== undefined) return [key, ...below];
  }
  return undefined;
}

/** What the schema cannot say: each problem with the path of its field. */
function* problems(table: RouteTable): Generator<readonly [PropertyKey[], string]> {
  for (const [name, pinned] of Object.entries(table.hosts)) {
    if (!isRuleHost(name) || name.startsWith("*.")) yield [["hosts", name], "is not a host name in lower case"];
    if (parsePinned(pinned) === undefined) yield [["hosts", name], PIN_FORM];
  }
  for (const [index, route] of table.routes.entries()) {
    for (const [path, what] of routeProblems(route)) yield [["routes", index, ...path], what];
  }
  for (const [index, { host, path }] of (table.unasked ?? []).entries()) {
    if (!isRuleHost(host)) yield [["unasked", index, "host"], "must be a host name in lower-case ASCII"];
    if (!isPlainPath(path)) yield [["unasked", index, "path"], NO_PLAIN_PATH];
  }
  for (const [index, exception] of (table.dlp_exceptions ?? []).entries()) {
    for (const [path, what] of exceptionProblems(exception)) yield [["dlp_exceptions", index, ...path], what];
  }
}

/** In words, for whoever wrote another one. */
export const PIN_FORM =
  "must be address:port, such as 127.0.0.1:8443 or [::1]:8443, or unix:/absolute/path of a socket";

function* routeProblems(route: TableRoute): Generator<readonly [PropertyKey[], string]> {
  if (NUMERIC_END.test(route.host) || route.host.includes(":")) {
    yield [["host"], "is an address; a rule is for a name (pin the name under `hosts`)"];
  } else if (!isRuleHost(route.host)) {
    yield [["host"], "must be a host name in lower-case ASCII (xn-- for others), or *. and a name"];
  }
  yield* contradictions(route);
  yield* passthroughContradictions(route);
  if (route.once === true && route.decision === undefined) yield [["once"], "needs the decision that it belongs to"];
  for (const [index, cidr] of (route.pipelock?.ssrf_ip_allowlist ?? []).entries()) {
    if (!isCidr(cidr)) yield [["pipelock", "ssrf_ip_allowlist", index], "must be a CIDR such as 10.0.0.0/8"];
  }
  for (const [index, prefix] of (route.path_allowlist ?? []).entries()) {
    if (!isPlainPath(prefix)) yield [["path_allowlist", index], NO_PLAIN_PATH];
  }
  for (const [index, { path }] of (route.matches ?? []).entries()) {
    if (path !== undefined && !isPlainPath(path)) yield [["matches", index, "path"], NO_PLAIN_PATH];
  }
}

const NO_PLAIN_PATH = "must be a plain absolute path: no query, dots or escapes of them";

function* exceptionProblems({ host, rule }: DlpException): Generator<readonly [PropertyKey[], string]> {
  if (!isRuleHost(host) || host.startsWith("*.")) yield [["host"], "must be one host name in lower-case ASCII"];
  if (rule === "canary") yield [["rule"], "cannot be the canary's: it never passes"];
}

export function isCidr(text: string): boolean {
  const [, address = "", bits] = CIDR.exec(text) ?? [];
  if (IPV4.test(address)) return Number(bits) <= 32;
  return address.includes(":") && /^[0-9a-f:]+$/i.test(address) && Number(bits) <= 128;
}

/** A prefix that means the same to everybody: no dot segments, empty segments, backslashes, queries or controls. */
export function isPlainPath(path: string): boolean {
  // oxlint-disable-next-line no-control-regex -- controls are what is refused
  if (/[\u0000-\u0020\u007f\\?#]|%(?:2f|5c|25[0-9a-f]{2}|2e|0|1|7f)/i.test(path)) return false;
  const inner = path.slice(1).split("/");
  return inner.every(
    (segment, index) => segment !== "." && segment !== ".." && (segment !== "" || index === inner.length - 1),
  );
}

function wrong(file: string, locate: Locate, path: readonly PropertyKey[], what: string): BottleError {
  const field = path
    .map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`))
    .join("")
    .replace(/^\./, "");
  const line = locate(path);
  const place = line === undefined ? file : `${file}:${line}`;
  return new BottleError("invalid", field === "" ? what : `\`${field}\` ${what}`, { where: place });
}

function explain(issue: z.core.$ZodIssue): string {
  if (issue.code === "unrecognized_keys")
    return `has the unknown ${issue.keys.length === 1 ? "key" : "keys"} ${issue.keys.join(", ")}`;
  if (issue.code === "invalid_value") return `must be ${issue.values.map(String).join(" or ")}`;
  if (issue.code === "invalid_type" && issue.input === undefined) return `is missing or no ${issue.expected}`;
  return issue.message.replace(/^Invalid input: /, "");
}

function toPlain(document: ReturnType<typeof parseDocument>, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 20 });
  } catch (cause) {
    throw new BottleError("invalid", cause instanceof Error ? firstLine(cause.message) : "cannot be read", {
      where: file,
      cause,
    });
  }
}

/** The line of the deepest node on `path` that the document has. */
function lineOf(root: unknown, path: readonly PropertyKey[], lines: LineCounter): number | undefined {
  let node: unknown = root;
  let line: number | undefined;
  for (const part of [undefined, ...path]) {
    if (part !== undefined) node = isMap(node) || isSeq(node) ? node.get(part, true) : undefined;
    if (!(isMap(node) || isSeq(node) || isScalar(node))) break;
    const start = (node as Node).range?.[0];
    if (start !== undefined) line = lines.linePos(start).line;
  }
  return line;
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0]?.replace(/ at line \d+, column \d+:?$/, "") ?? text;
}
