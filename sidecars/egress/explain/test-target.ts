// What an operator asks about (`egress test <url>`), as the request that a client would send for it.

import { ALLOWLIST_HOST } from "#domain/egress/own-page.ts";

import { parseAuthority } from "../policy/normalise-host.ts";
import { type Parsed, parseRequest } from "../policy/parse-request.ts";

export interface Asked {
  readonly url: string;
  readonly method: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

export type TestTarget =
  /** A CONNECT, of which nothing more is known: `tcp://host:port`. */
  | { readonly kind: "tunnel"; readonly host: string; readonly port: number; readonly authority: string }
  | { readonly kind: "request"; readonly parsed: Parsed; readonly authority: string; readonly webSocket: boolean }
  | { readonly kind: "refused"; readonly rule: string; readonly reason: string }
  /** Nothing that could be asked about. */
  | { readonly kind: "none" };

export function testTarget({ url, method, headers = {} }: Asked): TestTarget {
  const [, scheme = "", authority = "", rest = ""] = /^(https?|wss?|tcp):\/\/([^/?#]*)([^#]*)/is.exec(url) ?? [];
  if (scheme === "") return { kind: "none" };
  const parsed = parseAuthority(authority);
  if (parsed.kind === "bad") return refused("valid URL", `the host of the URL ${parsed.reason}`);
  const name = scheme.toLowerCase();
  const isSecure = name === "https" || name === "wss" || name === "tcp";
  if (isSecure && parsed.kind === "address")
    return refused("names only", `${authority} is an address, and rules are for names`);
  const rawHeaders = rawHeadersOf(headers, authority);
  if (isSecure && parsed.kind === "name") {
    const { name: host, port = name === "tcp" ? undefined : 443 } = parsed;
    if (port === undefined) return refused("valid CONNECT", "the CONNECT target has no port");
    if (host === ALLOWLIST_HOST) return refused(ALLOWLIST_HOST, `use http://${ALLOWLIST_HOST}/allowlist, without TLS`);
    if (name === "tcp") return { kind: "tunnel", host, port, authority };
    const target = rest.startsWith("/") ? rest : `/${rest}`;
    const request = parseRequest({ method, target, rawHeaders }, { kind: "tunnel", host, port, sni: host });
    return { kind: "request", parsed: request, authority, webSocket: name === "wss" };
  }
  const request = parseRequest({ method, target: `http://${authority}${rest}`, rawHeaders }, { kind: "forward" });
  return { kind: "request", parsed: request, authority, webSocket: name === "ws" };
}

function rawHeadersOf(headers: Readonly<Record<string, string>>, authority: string): string[] {
  const hasHost = Object.keys(headers).some((name) => name.toLowerCase() === "host");
  return [...(hasHost ? [] : ["Host", authority]), ...Object.entries(headers).flat()];
}

function refused(rule: string, reason: string): TestTarget {
  return { kind: "refused", rule, reason };
}
