// Where a request is dialled: the address that the operator pinned, or what the name leads to, checked.

import type { LookupFunction } from "node:net";
import { createSecureContext, type SecureContext } from "node:tls";

import type { RouteTable, TableRoute } from "#domain/egress/route.ts";
import { parsePinned, type Pin } from "#domain/egress/table.ts";

import { systemRoots } from "../certificates/system-roots.ts";
import type { Destination } from "../policy/parse-request.ts";
import { checkedLookup, type Resolve, resolveBySystem } from "./checked-lookup.ts";

export interface Dial {
  readonly scheme: "http" | "https";
  /** A name, or a pinned address; `unix:` and the path where it is a socket. */
  readonly address: string;
  readonly port: number;
  /** The pinned socket's path; then `address` and `port` only tell connections apart. */
  readonly socket: string | undefined;
  /** Whom the certificate must name. */
  readonly servername: string;
  /** Connections that were made by one list of vouched addresses are not another's. */
  readonly pool: string;
  readonly lookup: LookupFunction;
  readonly secureContext: () => SecureContext;
}

export interface DialOptions {
  readonly table: () => RouteTable;
  /** Further roots, PEM; may be empty. */
  readonly extraRoots: string;
  readonly resolve?: Resolve;
}

/** For Node's `connect` functions, plain and TLS. */
export function connectTarget(
  dial: Pick<Dial, "address" | "port" | "socket" | "lookup">,
): { path: string } | { host: string; port: number; lookup: LookupFunction } {
  const { address, port, socket, lookup } = dial;
  return socket === undefined ? { host: address, port, lookup } : { path: socket };
}

function target(pin: Pin | undefined, host: string, port: number): Pick<Dial, "address" | "port" | "socket"> {
  if (pin === undefined) return { address: host, port, socket: undefined };
  if ("socket" in pin) return { address: `unix:${pin.socket}`, port, socket: pin.socket };
  return { ...pin, socket: undefined };
}

export type Dialler = (to: Pick<Destination, "scheme" | "host" | "port">, route: TableRoute) => Dial;

export function openDialler({ table, extraRoots, resolve = resolveBySystem }: DialOptions): Dialler {
  const lookups = new Map<string, LookupFunction>();
  let context: SecureContext | undefined;
  // The system's roots and the operator's further ones. Made once: it costs 7 ms.
  const secureContext = (): SecureContext =>
    (context ??= createSecureContext({ ca: `${systemRoots()}\n${extraRoots}` }));
  const lookupFor = (pool: string, listed: readonly string[]): LookupFunction => {
    const found = lookups.get(pool) ?? checkedLookup(resolve, listed);
    lookups.set(pool, found);
    return found;
  };

  return ({ scheme, host, port }, route) => {
    const pinned = table().hosts[host];
    const pin = pinned === undefined ? undefined : parsePinned(pinned);
    const listed = pin === undefined ? (route.pipelock?.ssrf_ip_allowlist ?? []) : ["pinned"];
    const pool = listed.join(",");
    return {
      scheme,
      ...target(pin, host, port),
      servername: host,
      pool,
      lookup: lookupFor(pool, listed),
      secureContext,
    };
  };
}
