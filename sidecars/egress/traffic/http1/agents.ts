// Connections to upstream servers over HTTP/1.1: kept alive, and made only to addresses that were checked just before.

import { Agent as HttpAgent, type ClientRequest, request as httpRequest, type RequestOptions } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";

import { ConnectTimeout } from "../checked-lookup.ts";
import type { Dial } from "../dial.ts";

export interface Http1Agents {
  request(dial: Dial, options: Pick<RequestOptions, "method" | "path" | "headers">): ClientRequest;
  /** Idle connections are closed, busy ones when they are done. */
  renew(): void;
  close(): void;
}

const CONNECT_TIMEOUT_MS = 15_000;
const IDLE_MS = 20_000;
/** Of an answer. How long a head may take is up to its client: models think for minutes before they answer. */
const MOST_HEADER_BYTES = 65_536;

export function openHttp1Agents(): Http1Agents {
  let agents = new Map<string, HttpAgent>();

  // One pool for each list of addresses that routes vouch for: a connection that one route allows is not another's.
  const agentFor = ({ scheme, pool, lookup, secureContext }: Dial): HttpAgent => {
    const key = `${scheme} ${pool}`;
    const found = agents.get(key);
    if (found !== undefined) return found;
    const shared = { keepAlive: true, timeout: IDLE_MS, lookup };
    const agent =
      scheme === "http" ? new HttpAgent(shared) : new HttpsAgent({ ...shared, secureContext: secureContext() });
    agent.getName = nameOf;
    limitConnecting(agent, scheme === "http" ? "connect" : "secureConnect");
    closeWhatSpeaksUnasked(agent);
    agents.set(key, agent);
    return agent;
  };

  return {
    request(dial, more) {
      const { scheme, address, port, socket, servername } = dial;
      const options: RequestOptions & { servername: string } = {
        agent: agentFor(dial),
        host: address,
        port,
        ...(socket === undefined ? {} : { socketPath: socket }),
        servername,
        maxHeaderSize: MOST_HEADER_BYTES,
        ...more,
      };
      return scheme === "http" ? httpRequest(options) : httpsRequest(options);
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

/** All else is the same within one agent; Node's own names are long, and made for each request. */
function nameOf(options?: { host?: string | undefined; port?: number | undefined; servername?: string }): string {
  return `${options?.servername}@${options?.host}:${options?.port}`;
}

function limitConnecting(agent: HttpAgent, ready: "connect" | "secureConnect"): void {
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
}

/**
 * What a server sends while nobody has asked would be taken for the answer to the next request on that connection, perhaps
 * of another client: the connection is of no use any more.
 */
function closeWhatSpeaksUnasked(agent: HttpAgent): void {
  const keep: (socket: Duplex) => unknown = agent.keepSocketAlive.bind(agent); // Node's types know nothing of its answer
  const reuse = agent.reuseSocket.bind(agent);
  agent.keepSocketAlive = (socket) => {
    if (socket.readableLength > 0 || keep(socket) !== true) return false;
    socket.on("data", closeUnasked);
    return true;
  };
  agent.reuseSocket = (socket, request) => {
    socket.off("data", closeUnasked);
    reuse(socket, request);
  };
}

function closeUnasked(this: Duplex): void {
  this.destroy();
}

function retire(agent: HttpAgent): void {
  agent.maxFreeSockets = 0;
  for (const sockets of Object.values(agent.freeSockets)) {
    for (const socket of sockets ?? []) socket.destroy();
  }
}
