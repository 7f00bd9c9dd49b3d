// Why one route does not cover one request on its host: the first of scheme, port, method, path and matches that is
// against it.

import { namedByConnection } from "./headers.ts";
import type { Destination } from "./parse-request.ts";
import { type Alternative, bareValue, type Candidate, covered } from "./table-index.ts";

export interface Objection {
  readonly rule: string;
  readonly reason: string;
  /** How much of the route was left to fit: the smaller, the closer. */
  readonly distance: number;
}

export function objectionTo(candidate: Candidate, request: Destination): Objection | undefined {
  const { route, kind } = candidate;
  const { host } = route;
  const { scheme, port, method } = request;
  if (kind === "raw") {
    return objection(
      6,
      "raw_tcp",
      `port ${route.port ?? 443} of ${host} is reached by a plain tunnel only, with CONNECT`,
    );
  }
  if (scheme === "http" && (route.http !== true || route.auth !== undefined)) {
    return objection(5, "no plain HTTP", `plain HTTP to ${host} is not allowed; use https://`);
  }
  const expected = route.port ?? (scheme === "http" ? 80 : 443);
  if (port !== expected) return objection(4, "port", `only port ${expected} of ${host} is allowed`);
  if (scheme === "https" && kind === "passthrough") {
    return objection(3, "tls_passthrough", `TLS to ${host} passes through unopened: no request in it is decided here`);
  }
  if (route.methods !== undefined && !route.methods.includes(method)) {
    return objection(2, "methods", `${method} is not among ${route.methods.join(", ")} for ${host}`);
  }
  return pathObjection(candidate, request) ?? matchesObjection(candidate, request);
}

/** Of the longest prefix of the route that covers `path`; 0 where it has none. */
export function pathLength({ prefixes = [], alternatives = [] }: Candidate, path: string): number {
  let longest = 0;
  for (const prefix of prefixes) longest = Math.max(longest, covered(path, prefix));
  for (const { prefix } of alternatives) if (prefix !== undefined) longest = Math.max(longest, covered(path, prefix));
  return longest;
}

function pathObjection({ route, prefixes, alternatives }: Candidate, request: Destination): Objection | undefined {
  if (request.encodedSlash === true) {
    // Where the path is part of the verdict, it must be readable in one way only.
    const bare = prefixes === undefined && (alternatives ?? []).every(({ prefix }) => prefix === undefined);
    if (route.encoded_slashes === true && bare) return undefined;
    return objection(1, "encoded_slashes", `the path has an encoded slash (%2F), and ${route.host} does not allow it`);
  }
  if (prefixes === undefined || prefixes.some((prefix) => covered(request.path, prefix) >= 0)) return undefined;
  const listed = route.path_allowlist?.join(", ") ?? "";
  return objection(1, "path_allowlist", `the path is not under ${listed} of ${route.host}`);
}

function matchesObjection({ route, alternatives }: Candidate, request: Destination): Objection | undefined {
  if (alternatives === undefined) return undefined;
  const wanting: string[] = [];
  for (const alternative of alternatives) {
    const missing = missingIn(alternative, request);
    if (missing === undefined) return undefined;
    wanting.push(missing);
  }
  return objection(0, "matches", `none of the matches of ${route.host} fits: ${wanting.join("; ")}`);
}

/** What the request lacks of one alternative, in words; the values of its own headers are not repeated. */
function missingIn({ match, prefix, headers }: Alternative, request: Destination): string | undefined {
  if (prefix !== undefined && covered(request.path, prefix) < 0) return `the path is not under ${match.path ?? ""}`;
  if (match.methods !== undefined && !match.methods.includes(request.method)) {
    return `${request.method} is not among ${match.methods.join(", ")}`;
  }
  for (const [name, value] of headers) {
    const found = headerState(request.rawHeaders ?? [], name, value);
    if (found !== "fits") return `the header ${name} ${found} (wanted: ${value})`;
  }
  return undefined;
}

/** A header that is there twice fits nothing: servers differ in which of them they take, and many take `a_b` for `a-b`. */
function headerState(
  rawHeaders: readonly string[],
  name: string,
  wanted: string,
):
  | "fits"
  | "is missing"
  | "is there twice"
  | "is named by Connection"
  | "is there with an underscore"
  | "has another value" {
  let value: string | undefined;
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const written = rawHeaders[index] ?? "";
    if (written.length !== name.length) continue;
    const lower = written.toLowerCase();
    if (lower !== name && lower.replaceAll("_", "-") !== name) continue;
    if (lower !== name) return "is there with an underscore";
    if (value !== undefined) return "is there twice";
    value = rawHeaders[index + 1] ?? "";
  }
  if (value === undefined) return "is missing";
  if (namedByConnection(rawHeaders)?.has(name) === true) return "is named by Connection"; // it would not arrive
  return bareValue(value) === wanted ? "fits" : "has another value";
}

function objection(distance: number, rule: string, reason: string): Objection {
  return { rule, reason, distance };
}
