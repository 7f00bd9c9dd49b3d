// The headers that go upstream and those that come back: no hop-by-hop header crosses, no credential of the agent's
// leaves, and a route's own credential is put in last.

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

/** What goes upstream, as names and values in turn. `length` is Content-Length when the request has one. */
export function outboundHeaders(
  rawHeaders: readonly string[],
  host: string,
  credential: Exclude<Credential, { state: "missing" }>,
): string[] {
  const dropped = namedByConnection(rawHeaders);
  const injected = credential.state === "header" ? credential.name.toLowerCase() : undefined;
  const kept: string[] = ["Host", host];
  for (const [name, value] of pairs(rawHeaders)) {
    const lower = name.toLowerCase();
    if (HOP_BY_HOP.has(lower) || REPLACED.has(lower) || dropped.has(lower)) continue;
    if (lower === "authorization" || lower.startsWith("proxy-") || lower === injected) continue;
    if (injected !== undefined && CREDENTIALS.has(lower)) continue;
    kept.push(name, value);
  }
  if (credential.state === "header") kept.push(credential.name, credential.value);
  return kept;
}

/** What comes back to the agent. A header that repeats the route's credential has it masked. */
export function inboundHeaders(rawHeaders: readonly string[], secrets: readonly string[]): string[] {
  const dropped = namedByConnection(rawHeaders);
  const kept: string[] = [];
  for (const [name, value] of pairs(rawHeaders)) {
    const lower = name.toLowerCase();
    if (HOP_BY_HOP.has(lower) || lower.startsWith("proxy-") || lower === "alt-svc") continue; // no other way in
    if (dropped.has(lower) && lower !== "content-length") continue;
    kept.push(name, mask(value, secrets));
  }
  return kept;
}

/** Each secret of at least 6 characters replaced by stars. */
function mask(text: string, secrets: readonly string[]): string {
  return secrets
    .filter((secret) => secret.length >= 6)
    .reduce((masked, secret) => masked.replaceAll(secret, "***"), text);
}

function* pairs(rawHeaders: readonly string[]): Generator<[name: string, value: string]> {
  for (let index = 0; index + 1 < rawHeaders.length; index += 2)
    yield [rawHeaders[index] ?? "", rawHeaders[index + 1] ?? ""];
}

function namedByConnection(rawHeaders: readonly string[]): Set<string> {
  const names = new Set<string>();
  for (const [name, value] of pairs(rawHeaders)) {
    if (name.toLowerCase() !== "connection") continue;
    for (const named of value.split(",")) names.add(named.trim().toLowerCase());
  }
  return names;
}
