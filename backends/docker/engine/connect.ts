// Opens a daemon: no request is made before something is asked.

import { Agent } from "node:http";
import { connect as connectTcp, isIP } from "node:net";
import type { Duplex } from "node:stream";
import { connect as connectTls } from "node:tls";

import Dockerode from "dockerode";

import { endpointName, type Endpoint } from "./endpoint.ts";
import type { Engine, EngineInfo } from "./engine.ts";
import { engineError } from "./errors.ts";
import { subscribeTo } from "./events.ts";
import { readInfo } from "./info.ts";
import { dialBySsh } from "./ssh.ts";

export function connectEngine(endpoint: Endpoint, host: string): Engine {
  const docker = dockerAt(endpoint);
  let asked: Promise<EngineInfo> | undefined;
  const error = (cause: unknown, what: string): Error => engineError(cause, what, endpoint, host);
  return {
    docker,
    host,
    address: endpointName(endpoint),
    isLocal: endpoint.kind === "unix",
    error,
    info({ anew } = { anew: false }) {
      if (anew) asked = undefined;
      asked ??= readInfo(docker).catch((cause: unknown) => {
        asked = undefined; // it may come up meanwhile
        throw error(cause, "ask the Docker daemon");
      });
      return asked;
    },
    subscribe: (labels, subscriber, signal) => subscribeTo({ docker, error }, labels, subscriber, signal),
  };
}

/**
 * Always as if over a unix socket: where it is something else, the agent makes the connection. The library's own way to TCP
 * parses addresses by an API of Node's that warns on standard error.
 */
function dockerAt(endpoint: Endpoint): Dockerode {
  // What it does not find here it would take from DOCKER_HOST and DOCKER_CERT_PATH, which may mean another daemon.
  const nothing = { host: undefined, port: undefined, ca: undefined, cert: undefined, key: undefined };
  const socketPath = endpoint.kind === "unix" ? endpoint.path : "/";
  const options = { ...nothing, socketPath, protocol: "http", ...connectionTo(endpoint) };
  return withoutDockerVariables(() => new Dockerode(options as Dockerode.DockerOptions));
}

function connectionTo(endpoint: Endpoint): { agent?: Agent; headers?: Record<string, string> } {
  switch (endpoint.kind) {
    case "unix":
      return {};
    case "ssh":
      return { agent: agentOf(() => dialBySsh(endpoint.url), { keepAlive: false }) };
    case "tcp": {
      const { host, port, tls } = endpoint;
      const headers = { Host: `${host.includes(":") ? `[${host}]` : host}:${port}` };
      // A peer that went away without a word is found out.
      const address = { host, port, keepAlive: true, keepAliveInitialDelay: 15_000 };
      if (tls === undefined) return { headers, agent: agentOf(() => connectTcp(address), { keepAlive: true }) };
      const { verify, ...pem } = tls;
      const servername = isIP(host) === 0 ? { servername: host } : {};
      const options = { ...address, ...pem, ...servername, rejectUnauthorized: verify };
      return { headers, agent: agentOf(() => connectTls(options), { keepAlive: true }) };
    }
  }
}

function agentOf(connect: () => Duplex, options: { keepAlive: boolean }): Agent {
  const agent = new Agent(options);
  agent.createConnection = connect;
  return agent;
}

/** Its constructor throws on what it does not understand there, although it does not need it. */
function withoutDockerVariables<T>(make: () => T): T {
  const names = Object.keys(process.env).filter((name) => name.startsWith("DOCKER_"));
  const kept = names.map((name) => [name, process.env[name]] as const);
  for (const name of names) delete process.env[name];
  try {
    return make();
  } finally {
    for (const [name, value] of kept) process.env[name] = value;
  }
}
