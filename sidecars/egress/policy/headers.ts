// The headers that go upstream and those that come back: no hop-by-hop header crosses, no credential of the agent's
// leaves, none that makes another request of it, and a route's own credential is put in last.

import type { TableRoute } from "#domain/egress/route.ts";

/** Slot name → token, from the environment. */
export type Slots = ReadonlyMap<string, string>;

export type Credential =
  | { readonly state: "none" }
  | { readonly state: "header"; readonly name: string; readonly value: string; readonly secrets: readonly string[] }
  /** Fail closed: the route wants a token that nobody gave. */
  | { readonly state: "missing"; readonly slot: string };

export function credentialFor(route: TableRoute, slots: Slots): Credential {
  if (route.auth === undefined) return { state: "none" };
  const { scheme, slot } = route.auth;
  const token = slots.get(slot);
  if (token === undefined || !/^[\u0021-\u00ff][\u0020-\u00ff]*$/.test(token)) return { state: "missing", slot };
  if (scheme.startsWith("header:"))
    return { state: "header", name: scheme.slice("header:".length), value: token, secrets: [token] };
  if (scheme !== "Basic")
    return { state: "header", name: "Authorization", value: `${scheme} ${token}`, secrets: [token] };
  // `user:password` is encoded here; a colon never occurs in base64, so anything else is taken as encoded already.
  const encoded = token.includes(":") ? Buffer.from(token).toString("base64") : token;
  return { state: "header", name: "Authorization", value: `Basic ${encoded}`, secrets: [token, encoded] };
}

const HOP_BY_HOP = new Set([
  "connection",
  "keep-alive",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "http2-settings",
]);
/** Written anew by us, from what was checked. */
const REPLACED = new Set(["host", "content-length", "expect"]);
/**
 * By these many servers and frameworks take a request for another than its first line says: rules would have decided about
 * the wrong one, so that none of them goes on. What a server makes of a `_method` in a query or a form is its own
 * business, like all else that stands there: whoever may POST may say anything by it.
 */
const OVERRIDES = new Set([
  "x-http-method",
  "x-http-method-override",
  "x-method-override",
  "x-method",
  "x-original-method",
  "x-forwarded-method",
  "x-original-url",
  "x-original-uri",
  "x-rewrite-url",
  "x-rewrite-uri",
  "x-override-url",
  "x-forwarded-uri",
  "x-forwarded-path",
  "x-forwarded-prefix",
  "forwarded",
  "x-host",
  "x-original-host",
  "x-forwarded-host",
  "x-forwarded-server",
  "x-http-host-override",
]);
/** Where agents put credentials of their own: with a route's credential beside them the server could prefer theirs. */
const CREDENTIALS = new Set([
  "cookie",
  "x-api-key",
  "api-key",
  "apikey",
  "x-auth-token",
  "x-access-token",
  "x-goog-api-key",
  "x-amz-security-token",
  "private-token",
  "job-token",
  "x-github-token",
  "x-gitlab-token",
  "x-vault-token",
]);

/** What goes upstream, as names and values in turn: the client's own headers that may, and the credential. */
export function outboundHeaders(
  rawHeaders: readonly string[],
  host: string,
  credential: Exclude<Credential, { state: "missing" }>,
): string[] {
  return ["Host", host, ...passedHeaders(rawHeaders, credential), ...injectedHeaders(credential)];
}

/** Of the client's own headers those that go upstream; `credential` is what is put beside them. */
export function passedHeaders(
  rawHeaders: readonly string[],
  credential: Exclude<Credential, { state: "missing" }>,
): string[] {
  const dropped = namedByConnection(rawHeaders);
  const injected = credential.state === "header" ? credential.name.toLowerCase() : undefined;
  const kept: string[] = [];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? "";
    const written = name.toLowerCase();
    const lower = asServersRead(written);
    if (HOP_BY_HOP.has(lower) || REPLACED.has(lower) || OVERRIDES.has(lower) || dropped?.has(lower) === true) continue;
    if (lower === "authorization" || lower.startsWith("proxy-") || lower === injected) continue;
    if (injected !== undefined && (CREDENTIALS.has(lower) || lower !== written)) continue;
    if (lower !== written && (lower.startsWith("content-") || lower.startsWith("sec-"))) continue;
    kept.push(name, rawHeaders[index + 1] ?? "");
  }
  return kept;
}

/**
 * Many servers (CGI, WSGI, Rack) take `X_Api_Key` for `X-Api-Key`, so that either spelling of a name is judged as the other.
 * Beside a credential no name with an underscore goes on at all: nobody knows what its server takes as one.
 */
function asServersRead(lower: string): string {
  return lower.includes("_") ? lower.replaceAll("_", "-") : lower;
}

export function injectedHeaders(credential: Exclude<Credential, { state: "missing" }>): string[] {
  return credential.state === "header" ? [credential.name, credential.value] : [];
}

/** What comes back to the agent. A header that repeats the route's credential has it masked. */
export function inboundHeaders(rawHeaders: readonly string[], secrets: readonly string[]): string[] {
  const dropped = namedByConnection(rawHeaders);
  const long = secrets.filter((secret) => secret.length >= 6);
  const kept: string[] = [];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? "";
    const lower = name.toLowerCase();
    if (HOP_BY_HOP.has(lower) || lower.startsWith("proxy-") || lower === "alt-svc") continue; // no other way in
    if (dropped?.has(asServersRead(lower)) === true && !lower.startsWith("content-")) continue; // they say what the body is
    kept.push(name, mask(rawHeaders[index + 1] ?? "", long));
  }
  return kept;
}

function mask(text: string, secrets: readonly string[]): string {
  let masked = text;
  for (const secret of secrets) masked = masked.replaceAll(secret, "***");
  return masked;
}

/** In small letters, without underscores: these are dropped on the way. */
export function namedByConnection(rawHeaders: readonly string[]): ReadonlySet<string> | undefined {
  let names: Set<string> | undefined;
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? "";
    if (name.length !== "connection".length || name.toLowerCase() !== "connection") continue;
    names ??= new Set();
    for (const named of (rawHeaders[index + 1] ?? "").split(",")) names.add(asServersRead(named.trim().toLowerCase()));
  }
  return names;
}
