// Where a daemon listens, as the docker command line writes it.

import { isAbsolute } from "node:path";

import { BottleError } from "#domain/bottle-error.ts";

export type Endpoint =
  | { readonly kind: "unix"; readonly path: string }
  | {
      readonly kind: "tcp";
      readonly host: string;
      readonly port: number;
      /** Undefined: plain HTTP. */
      readonly tls: Tls | undefined;
    }
  | { readonly kind: "ssh"; readonly url: string };

/** PEM texts. */
export interface Tls {
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
  readonly verify: boolean;
}

export function parseEndpoint(text: string, where: string, tls: Tls | undefined): Endpoint {
  const url = text.includes("://") ? text : `tcp://${text}`;
  if (url.startsWith("unix://")) {
    const path = url.slice("unix://".length);
    if (!isAbsolute(path)) throw malformed(where, "the path of a unix socket must be absolute");
    return { kind: "unix", path };
  }
  const parsed = URL.parse(url);
  if (parsed === null || parsed.hostname === "") throw malformed(where, "is not the address of a Docker daemon");
  switch (parsed.protocol) {
    case "ssh:":
      return { kind: "ssh", url };
    case "tcp:":
    case "http:":
    case "https:":
      return tcp(parsed, where, tls);
    default:
      throw malformed(where, `${parsed.protocol}// is not supported`);
  }
}

function tcp(url: URL, where: string, tls: Tls | undefined): Endpoint {
  if (url.pathname !== "/" && url.pathname !== "") throw malformed(where, "a path is not supported");
  const encrypted = url.protocol === "https:" || (url.protocol === "tcp:" && tls !== undefined);
  const port = url.port === "" ? (encrypted ? 2376 : 2375) : Number(url.port);
  const host = url.hostname.replace(/^\[|\]$/g, "");
  return {
    kind: "tcp",
    host,
    port,
    tls: encrypted ? (tls ?? { ca: undefined, cert: undefined, key: undefined, verify: true }) : undefined,
  };
}

/** Without the text itself: it may hold a password. */
function malformed(where: string, what: string): BottleError {
  return new BottleError("invalid", what, {
    where,
    hint: "write it as unix:///path, tcp://host:port, https://host:port or ssh://user@host",
  });
}

/** For people: where this is. */
export function endpointName(endpoint: Endpoint): string {
  switch (endpoint.kind) {
    case "unix":
      return `unix://${endpoint.path}`;
    case "tcp":
      return `${endpoint.tls === undefined ? "tcp" : "https"}://${endpoint.host}:${endpoint.port}`;
    case "ssh":
      return endpoint.url;
  }
}
