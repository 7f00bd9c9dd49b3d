// Connections to upstream servers: kept alive, verified, and made only to addresses that were checked just before.

import { lookup as systemLookup } from "node:dns";
import { Agent as HttpAgent, type ClientRequest, request as httpRequest, type RequestOptions } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import type { LookupFunction, Socket } from "node:net";
import { networkInterfaces } from "node:os";
import { createSecureContext, type SecureContext } from "node:tls";

import type { RouteTable, TableRoute } from "#domain/egress/route.ts";
import { parsePinned } from "#domain/egress/table.ts";

import { systemRoots } from "../certificates/system-roots.ts";
import { isListed, refusedAddress } from "../policy/address.ts";
import type { ParsedRequest } from "../policy/parse-request.ts";

/** All addresses of a name. */
export type Resolve = (name: string) => Promise<readonly { readonly address: string; readonly family: number }[]>;

export interface Upstream {
  /** A request whose head is ready to go; it fails with AddressRefused, ConnectTimeout or the network's error. */
  request(request: ParsedRequest, route: TableRoute, headers: readonly string[]): ClientRequest;
  /** After the table changed: idle connections are closed, busy ones when they are done. */
  renew(): void;
  close(): void;
}

/** A name that leads to an address which must not be dialled. */
export class AddressRefused extends Error {
  override readonly name = "AddressRefused";
}
export class ConnectTimeout extends Error {
  override readonly name = "ConnectTimeout";
}

const CONNECT_TIMEOUT_MS = 15_000;
const IDLE_MS = 20_000;

export interface UpstreamOptions {
  readonly table: () => RouteTable;
  /** Further roots, PEM; may be empty. */
  readonly extraRoots: string;
  readonly resolve?: Resolve;
}

export function openUpstream({ table, extraRoots, resolve = resolveBySystem }: UpstreamOptions): Upstream {
  let agents = new Map<string, HttpAgent>();
  let secureContext: SecureContext | undefined;

  // One pool for each list of addresses that routes vouch for: a connection that one route allows is not another's.
  const agentFor = (scheme: "http" | "https", listed: readonly string[]): HttpAgent => {
    const key = `${scheme} ${listed.join(",")}`;
    const found = agents.get(key);
    if (found !== undefined) return found;
    const shared = { keepAlive: true, timeout: IDLE_MS, lookup: checkedLookup(resolve, listed) };
    const agent =
      scheme === "http"
        ? new HttpAgent(shared)
        : new HttpsAgent({ ...shared, secureContext: (secureContext ??= trust(extraRoots)) });
    agents.set(key, limitConnecting(agent, scheme === "http" ? "connect" : "secureConnect"));
    return agent;
  };

  return {
    request(request, route, headers) {
      const pinned = table().hosts[request.host];
      const pin = pinned === undefined ? undefined : parsePinned(pinned);
      const agent = agentFor(
        request.scheme,
        pin === undefined ? (route.pipelock?.ssrf_ip_allowlist ?? []) : ["pinned"],
      );
      const options: RequestOptions & { servername: string } = {
        agent,
        host: pin?.address ?? request.host,
        port: pin?.port ?? request.port,
        servername: request.host,
        method: request.method,
        path: request.forward,
        headers,
      };
      return request.scheme === "http" ? httpRequest(options) : httpsRequest(options);
    },
    renew() {
      for (const agent of agents.values()) retire(agent);
      agents = new Map();
    },
    close() {
      for (const agent of agents.values()) agent.destroy();
    },
  };
}

/** Every address of the name is checked, and exactly the checked ones are dialled: a second answer is never asked for. */
export function checkedLookup(resolve: Resolve, listed: readonly string[]): LookupFunction {
  return (name, options, done) => {
    resolve(name).then(
      (addresses) => {
        const refused = refusal(name, addresses, listed);
        const [first] = addresses;
        if (refused !== undefined) done(refused, "", 0);
        else if (options.all === true) done(null, [...addresses]);
        else done(null, first?.address ?? "", first?.family ?? 0);
      },
      (error: NodeJS.ErrnoException) => done(error, "", 0),
    );
  };
}

function refusal(
  name: string,
  addresses: Awaited<ReturnType<Resolve>>,
  listed: readonly string[],
): AddressRefused | undefined {
  if (addresses.length === 0) return new AddressRefused(`${name} has no address`);
  const own = ownAddresses();
  for (const { address } of addresses) {
    const what = refusedAddress(address, own);
    if (what !== undefined && !isListed(address, listed))
      return new AddressRefused(`${name} leads to ${address}, which is ${what}`);
  }
  return undefined;
}

function ownAddresses(): Set<string> {
  return new Set(
    Object.values(networkInterfaces()).flatMap((addresses) => addresses?.map(({ address }) => address) ?? []),
  );
}

const resolveBySystem: Resolve = (name) =>
  new Promise((resolve, reject) => {
    systemLookup(name, { all: true, order: "verbatim" }, (error, addresses) =>
      error === null ? resolve(addresses) : reject(error),
    );
  });

/** The system's roots and the operator's further ones. Made once: it costs 7 ms. */
function trust(extraRoots: string): SecureContext {
  return createSecureContext({ ca: `${systemRoots()}\n${extraRoots}` });
}

function limitConnecting(agent: HttpAgent, ready: "connect" | "secureConnect"): HttpAgent {
  const connect = agent.createConnection.bind(agent);
  agent.createConnection = (options, callback) => {
    const socket = connect(options, callback) as Socket;
    const timer = setTimeout(
      () => socket.destroy(new ConnectTimeout("no connection within 15 seconds")),
      CONNECT_TIMEOUT_MS,
    );
    const clear = (): void => clearTimeout(timer);
    socket.once(ready, clear);
    socket.once("close", clear);
    return socket;
  };
  return agent;
}

function retire(agent: HttpAgent): void {
  agent.maxFreeSockets = 0;
  for (const sockets of Object.values(agent.freeSockets)) {
    for (const socket of sockets ?? []) socket.destroy();
  }
}
