// Finds the daemon: by DOCKER_HOST, a docker context, or a URL of the operator's.

import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

import { contextEndpoint, currentContext } from "./docker-contexts.ts";
import { tlsOf } from "./docker-folder.ts";
import { parseEndpoint, type Endpoint } from "./endpoint.ts";
import type { DaemonSource } from "./source.ts";

const SOCKET = "/var/run/docker.sock";

/** Throws `invalid` where what names the daemon is malformed or missing. */
export function findEndpoint(source: DaemonSource, env: NodeJS.ProcessEnv): Endpoint {
  switch (source.kind) {
    case "url":
      return parseEndpoint(source.url, "docker.hosts", tlsOf(env));
    case "context":
      return contextEndpoint(source.context, env);
    case "environment":
      return fromEnvironment(env);
  }
}

/** DOCKER_HOST wins over DOCKER_CONTEXT, and that over the current context, as for the docker command. */
function fromEnvironment(env: NodeJS.ProcessEnv): Endpoint {
  const host = env["DOCKER_HOST"];
  if (host !== undefined && host !== "") return parseEndpoint(host, "DOCKER_HOST", tlsOf(env));
  const context = env["DOCKER_CONTEXT"] || currentContext(env);
  if (context !== undefined && context !== "default") return contextEndpoint(context, env);
  return { kind: "unix", path: defaultSocket(env) };
}

/** Rootless daemons and Docker Desktop have theirs elsewhere; only one that is there is taken. */
function defaultSocket(env: NodeJS.ProcessEnv): string {
  const home = env["HOME"] ?? homedir();
  const runtime = env["XDG_RUNTIME_DIR"];
  const others = [
    ...(runtime === undefined || runtime === "" ? [] : [join(runtime, "docker.sock")]),
    join(home, ".docker", "run", "docker.sock"),
  ];
  return [SOCKET, ...others].find((path) => existsSync(path)) ?? SOCKET;
}
