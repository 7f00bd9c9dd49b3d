// A resolved definition as `info` shows it: everything but the values of variables.

import type { Bottle } from "#domain/definition/bottle.ts";
import type { EnvValue } from "#domain/definition/environment.ts";
import type { ResolvedAgent } from "#domain/definition/resolve.ts";

import type { AgentInfo, BottleInfo } from "./schemas.ts";

export type DefinitionInfo = AgentInfo | BottleInfo;

export function agentInfo({ agent, bottle, from }: ResolvedAgent): AgentInfo {
  return {
    kind: "agent",
    name: agent.name,
    path: agent.path,
    from,
    skills: [...agent.skills],
    prompt: agent.prompt,
    bottle: resolvedBottle(bottle),
  };
}

export function bottleInfo(bottle: Bottle, path: string): BottleInfo {
  return { kind: "bottle", name: bottle.name, path, bottle: resolvedBottle(bottle) };
}

function resolvedBottle(bottle: Bottle): AgentInfo["bottle"] {
  const { template, command, dockerfile, auth_token, forward_host_credentials } = bottle.agent_provider;
  return {
    name: bottle.name,
    chain: [...bottle.chain],
    env: Object.fromEntries(Object.entries(bottle.env).map(([name, value]) => [name, source(value)])),
    agent_provider: {
      template,
      ...(command !== undefined && { command: [...command] }),
      ...(dockerfile !== undefined && { dockerfile }),
      ...(auth_token !== undefined && { auth_token }),
      ...(forward_host_credentials !== undefined && { forward_host_credentials }),
    },
    git_user: { ...bottle.git_user },
    git_repos: Object.fromEntries(Object.entries(bottle.git_repos).map(([name, { url }]) => [name, url])),
    egress: {
      on_unknown_host: bottle.egress.on_unknown_host,
      hold_seconds: bottle.egress.hold_seconds,
      hosts: { ...bottle.egress.hosts },
      upstream_ca: bottle.egress.upstream_ca ?? null,
      routes: [...bottle.egress.routes],
    },
    budget: bottle.budget ?? null,
    supervise: bottle.supervise,
    backend: bottle.backend ?? null,
    runtime: bottle.runtime ?? null,
    resources: { ...bottle.resources },
  };
}

function source(value: EnvValue): string {
  switch (value.kind) {
    case "literal":
      return "written in the definition";
    case "prompt":
      return `asked at launch: ${value.prompt}`;
    case "host":
      return `taken from $${value.variable}`;
    default:
      return value satisfies never;
  }
}
