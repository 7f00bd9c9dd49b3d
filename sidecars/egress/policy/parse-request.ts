// One request, read strictly: a request that two parsers could understand differently is refused before any rule is
// looked at, and every name that it carries (CONNECT authority, SNI, Host, absolute URL) must be the same.

import { type Authority, parseAuthority } from "./normalise-host.ts";
import { normalisePath } from "./normalise-path.ts";
import type { Refusal } from "./refusal.ts";

/** As the HTTP parser gives it. */
export interface RawRequest {
  readonly method: string;
  /** The request line's second word. */
  readonly target: string;
  /** Names and values in turn. */
  readonly rawHeaders: readonly string[];
}

/** How it came: to the proxy itself, or through a CONNECT tunnel that we intercept. */
export type Via =
  | { readonly kind: "forward" }
  | { readonly kind: "tunnel"; readonly host: string; readonly port: number; readonly sni: string };

/** What rules are matched against. */
export interface Destination {
  readonly scheme: "http" | "https";
  /** Normalised; for an address its text, which no rule matches. */
  readonly host: string;
  readonly isAddress: boolean;
  readonly port: number;
  readonly method: string;
  /** Decoded, dots resolved, without the query. */
  readonly path: string;
  /** `path` has `%2F` in it, which only a route without path rules can allow. */
  readonly encodedSlash?: true;
  /** As they came, names and values in turn: looked at where a route has `matches`, and missing fits none of them. */
  readonly rawHeaders?: readonly string[];
}

export interface ParsedRequest extends Destination {
  /** The path and query that go upstream. */
  readonly forward: string;
  /** Content-Length, where the client said it. */
  readonly bodyLength?: number;
}

export type Parsed =
  | { readonly ok: true; readonly request: ParsedRequest }
  /** `host` is what could be read of it. */
  | { readonly ok: false; readonly host: string; readonly refusal: Refusal };

const SINGLE = [
  "host",
  "content-length",
  "transfer-encoding",
  "authorization",
  "proxy-authorization",
  "content-type",
  "expect",
];

export function parseRequest(raw: RawRequest, via: Via): Parsed {
  const headers = singleHeaders(raw.rawHeaders);
  const hostText = headers.values.get("host") ?? "";
  const refuse = (refusal: Refusal): Parsed => ({
    ok: false,
    host: via.kind === "tunnel" ? via.host : hostText,
    refusal,
  });

  if (headers.duplicate !== undefined)
    return refuse(badRequest("one header once", `the header ${headers.duplicate} is there twice`));
  const framing = framingProblem(headers.values);
  if (framing !== undefined) return refuse(badRequest("clear body length", framing));
  const expect = headers.values.get("expect");
  if (expect !== undefined && expect.toLowerCase() !== "100-continue") return refuse(expectationFailed());
  if (raw.method === "TRACE" || raw.method === "TRACK" || raw.method === "CONNECT")
    return refuse(methodRefused(raw.method));
  if (!/^[A-Z]{1,20}$/.test(raw.method))
    return refuse(badRequest("plain method", "the method is no HTTP method in capitals"));

  const host = parseAuthority(hostText);
  if (host.kind === "bad")
    return refuse(
      badRequest("valid Host", hostText === "" ? "the Host header is missing" : `the Host header ${host.reason}`),
    );
  const target = splitTarget(raw.target);
  if (target === undefined)
    return refuse(badRequest("plain target", "the request target is neither a path nor an absolute URL"));
  const place = via.kind === "tunnel" ? placeInTunnel(via, host, target) : placeInForward(host, target);
  if ("code" in place) return refuse(place);
  const path = normalisePath(target.path);
  if (path.kind === "bad") return refuse(badRequest("unambiguous path", `the path ${path.reason}`));
  const length = headers.values.get("content-length");
  const request: ParsedRequest = {
    scheme: place.scheme,
    host: place.host,
    isAddress: place.isAddress,
    port: place.port,
    method: raw.method,
    path: path.path,
    forward: path.forward,
    rawHeaders: raw.rawHeaders,
    ...(length === undefined ? {} : { bodyLength: Number(length) }),
  };
  return { ok: true, request: path.encodedSlash ? { ...request, encodedSlash: true } : request };
}

type Place = Pick<Destination, "scheme" | "host" | "isAddress" | "port">;

function placeInTunnel(via: Extract<Via, { kind: "tunnel" }>, host: Known, target: Target): Place | Refusal {
  const tunnel: Place = { scheme: "https", host: via.host, isAddress: false, port: via.port };
  if (via.sni !== via.host) return misdirected(`CONNECT was to ${via.host}, but TLS asked for ${via.sni}`);
  if (!agrees(host, tunnel))
    return misdirected(`the tunnel is to ${via.host}:${via.port}, but the Host header names ${shown(host)}`);
  if (target.url === undefined) return tunnel;
  if (target.url.authority.kind === "bad")
    return badRequest("valid URL", `the host of the URL ${target.url.authority.reason}`);
  if (target.url.scheme !== "https" || !agrees(target.url.authority, tunnel)) {
    return misdirected(
      `the tunnel is to https://${via.host}:${via.port}, but the URL names ${target.url.scheme}://${shown(target.url.authority)}`,
    );
  }
  return tunnel;
}

function placeInForward(host: Known, { url }: Target): Place | Refusal {
  if (url === undefined)
    return badRequest("absolute URL", "a request to the proxy needs an absolute http:// URL or CONNECT");
  if (url.authority.kind === "bad") return badRequest("valid URL", `the host of the URL ${url.authority.reason}`);
  if (url.scheme === "https")
    return badRequest("CONNECT for https", "an https:// URL needs CONNECT, so that TLS reaches the proxy");
  const place: Place = {
    scheme: "http",
    host: nameOf(url.authority),
    isAddress: url.authority.kind === "address",
    port: url.authority.port ?? 80,
  };
  if (!agrees(host, place))
    return misdirected(`the URL names ${shown(url.authority)}, but the Host header names ${shown(host)}`);
  return place;
}

type Known = Exclude<Authority, { kind: "bad" }>;

function agrees(authority: Known, place: Place): boolean {
  const port = authority.port ?? (place.scheme === "https" ? 443 : 80);
  return nameOf(authority) === place.host && port === place.port;
}

function nameOf(authority: Known): string {
  return authority.kind === "name" ? authority.name : authority.text;
}

function shown(authority: Known): string {
  return authority.port === undefined ? nameOf(authority) : `${nameOf(authority)}:${authority.port}`;
}

interface Target {
  readonly url?: { readonly scheme: "http" | "https"; readonly authority: Authority };
  /** From the first slash; "/" where an absolute URL has none. */
  readonly path: string;
}

function splitTarget(target: string): Target | undefined {
  if (target.startsWith("/")) return { path: target };
  const [, scheme, authority = "", path = ""] = /^(https?):\/\/([^/?]*)(.*)$/is.exec(target) ?? [];
  if (scheme === undefined) return undefined;
  return {
    url: { scheme: scheme.toLowerCase() as "http" | "https", authority: parseAuthority(authority) },
    path: path.startsWith("/") ? path : `/${path}`,
  };
}

function singleHeaders(rawHeaders: readonly string[]): { values: Map<string, string>; duplicate?: string } {
  const values = new Map<string, string>();
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]?.toLowerCase() ?? "";
    if (!SINGLE.includes(name)) continue;
    if (values.has(name)) return { values, duplicate: name };
    values.set(name, rawHeaders[index + 1] ?? "");
  }
  return { values };
}

function framingProblem(headers: ReadonlyMap<string, string>): string | undefined {
  const length = headers.get("content-length");
  const encoding = headers.get("transfer-encoding");
  if (length !== undefined && encoding !== undefined) return "Content-Length and Transfer-Encoding are both there";
  if (length !== undefined && !/^\d{1,15}$/.test(length)) return "Content-Length is no plain number";
  if (encoding !== undefined && encoding.toLowerCase() !== "chunked") return "Transfer-Encoding is not just chunked";
  return undefined;
}

function badRequest(rule: string, reason: string): Refusal {
  return { status: 400, code: "bad_request", rule, reason };
}

function expectationFailed(): Refusal {
  return { status: 417, code: "bad_request", rule: "plain Expect", reason: "Expect asks for more than 100-continue" };
}

function misdirected(reason: string): Refusal {
  return { status: 421, code: "misdirected_request", rule: "one name throughout", reason };
}

function methodRefused(method: string): Refusal {
  return {
    status: 405,
    code: "method_not_allowed",
    rule: "no TRACE, no CONNECT within a tunnel",
    reason: `${method} is never let through: it would show what the proxy adds, or hide what goes out`,
  };
}
