// What one route cannot say together. Both readers ask here: the definition, whose text people mend, and the table.

import type { TableRoute } from "./route.ts";

/** The field that is too much, and why. */
export type Contradiction = readonly [path: (string | number)[], message: string];

/** As far as the rules look at it: a route of either kind, or whatever a definition has in its place. */
export type RouteFields = { readonly [K in keyof TableRoute]?: unknown } & Readonly<Record<string, unknown>>;

const NOTHING_READ = "nothing is read there";

export function* contradictions(route: RouteFields): Generator<Contradiction> {
  if (route["raw_tcp"] === true) return yield* rawTcp(route);
  yield* encodedSlashes(route);
  yield* matches(route["matches"]);
  if (route["http"] === true && isThere(route["auth"])) {
    yield [["http"], "cannot be true on a route with `auth`: a credential never travels over plain HTTP"];
  }
}

/** Keys that need the connection opened, on a route that says it is not. */
export function* passthroughContradictions(route: RouteFields): Generator<Contradiction> {
  if (!isPassthrough(route)) return;
  for (const key of ["path_allowlist", "methods", "matches", "dlp", "encoded_slashes"] as const) {
    if (isThere(route[key])) yield [[key], `cannot be on a route with tls_passthrough: ${NOTHING_READ}`];
  }
  if (isThere(route["auth"])) {
    yield [["auth"], "cannot be on a route with tls_passthrough: a credential is never sent where TLS is not opened"];
  }
  yield* bodyLimit(route, "tls_passthrough");
}

export function isPassthrough(route: RouteFields): boolean {
  return route["raw_tcp"] !== true && mapOf(route["pipelock"])["tls_passthrough"] === true;
}

function* rawTcp(route: RouteFields): Generator<Contradiction> {
  if (!isThere(route["port"])) {
    yield [["port"], "is missing: a route with raw_tcp is for one port, and says which"];
  }
  if (typeof route["host"] === "string" && route["host"].startsWith("*.")) {
    yield [["host"], "cannot be a pattern on a route with raw_tcp: it is for one host"];
  }
  for (const key of ["http", "path_allowlist", "methods", "matches", "dlp", "encoded_slashes"] as const) {
    if (isThere(route[key])) yield [[key], `cannot be on a route with raw_tcp: ${NOTHING_READ}`];
  }
  if (isThere(route["auth"])) {
    yield [["auth"], "cannot be on a route with raw_tcp: a credential is never sent where nothing is read"];
  }
  if (mapOf(route["pipelock"])["tls_passthrough"] === true) {
    yield [["pipelock", "tls_passthrough"], "cannot be true on a route with raw_tcp: there may be no TLS at all"];
  }
  yield* bodyLimit(route, "raw_tcp");
}

function* bodyLimit(route: RouteFields, kind: string): Generator<Contradiction> {
  if (isThere(mapOf(route["limits"])["body_bytes"])) {
    yield [["limits", "body_bytes"], `cannot be on a route with ${kind}: no request is seen there, so no body`];
  }
}

function* encodedSlashes(route: RouteFields): Generator<Contradiction> {
  if (route["encoded_slashes"] !== true) return;
  const paths = listOf(route["matches"]).some((match) => isThere(mapOf(match)["path"]));
  if (!isThere(route["path_allowlist"]) && !paths) return;
  yield [
    ["encoded_slashes"],
    "cannot be true on a route with path rules: a path with %2f can be read in two ways, and one of them may not be allowed",
  ];
}

const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const KEYS = ["path", "methods", "headers"] as const;

function* matches(value: unknown): Generator<Contradiction> {
  for (const [index, item] of listOf(value).entries()) {
    const match = mapOf(item);
    if (item !== null && typeof item === "object" && KEYS.every((key) => !isThere(match[key]))) {
      yield [["matches", index], "is empty, and would fit every request; name a path, methods or headers"];
    }
    if (typeof match["headers"] === "object" && Object.keys(mapOf(match["headers"])).length === 0) {
      yield [["matches", index, "headers"], "is empty, and asks for nothing; name a header, or leave it out"];
    }
    const names = new Set<string>();
    for (const [name, wanted] of Object.entries(mapOf(match["headers"]))) {
      const at = ["matches", index, "headers", name];
      // Readers drop `__proto__`, and the match would ask for nothing.
      if (!HEADER_NAME.test(name) || name === "__proto__") yield [at, "is no header name"];
      if (names.has(name.toLowerCase())) yield [at, "is named twice"];
      names.add(name.toLowerCase());
      // oxlint-disable-next-line no-control-regex -- controls are what is refused
      if (typeof wanted === "string" && /[\u0000-\u001f\u007f]/.test(wanted)) yield [at, "has a control character"];
    }
  }
}

/** `false` is as good as nothing. */
function isThere(value: unknown): boolean {
  return value !== undefined && value !== null && value !== false;
}

function mapOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
