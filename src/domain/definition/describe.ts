// A definition as it resolves, for people: `info` and pickers. Shows the names of variables, never a value.

import type { Route } from "#domain/egress/route.ts";
import { plainLine } from "#domain/plain-text.ts";

import type { Bottle } from "./bottle.ts";
import type { EnvValue } from "./environment.ts";
import { parseGitUrl } from "./git-gate.ts";
import type { ResolvedAgent } from "./resolve.ts";

export interface InfoLine {
  readonly label: string;
  readonly text: string;
}

export function describeAgent({ agent, bottle, from }: ResolvedAgent): InfoLine[] {
  const prompt = plainLine(agent.prompt.split("\n", 1)[0] ?? "");
  return [
    { label: "agent", text: `${agent.name} (from the ${from}, ${plainLine(agent.path)})` },
    { label: "prompt", text: prompt === "" ? "none" : cut(prompt) },
    ...(agent.skills.length === 0 ? [] : [{ label: "skills", text: plainLine(agent.skills.join(", ")) }]),
    ...describeBottle(bottle),
  ];
}

export function describeBottle(bottle: Bottle): InfoLine[] {
  const { egress, agent_provider: provider, git_user: user, resources } = bottle;
  const limits = Object.entries({ cpus: resources.cpus, memory: sizeText(resources.memory), pids: resources.pids });
  return [
    { label: "bottle", text: bottle.chain.join(" extends ") },
    { label: "provider", text: provider.template },
    ...(provider.command === undefined ? [] : [{ label: "command", text: plainLine(provider.command.join(" ")) }]),
    { label: "backend", text: bottle.backend ?? "the first that works here" },
    ...Object.entries(bottle.env).map(([name, value]) => ({ label: "env", text: `${name} ${envText(value)}` })),
    ...(user.name === undefined && user.email === undefined ? [] : [{ label: "git user", text: userText(user) }]),
    ...Object.entries(bottle.git_repos).map(([name, { url }]) => ({
      label: "git gate",
      text: `${name} → ${remoteText(url)}`,
    })),
    ...(egress.routes.length === 0 ? [{ label: "egress", text: "nothing is allowed yet" }] : []),
    ...egress.routes.map((route) => ({ label: "egress", text: routeText(route) })),
    ...Object.entries(egress.hosts).map(([name, pin]) => ({ label: "pinned", text: `${name} → ${pin}` })),
    {
      label: "unknown hosts",
      text:
        egress.on_unknown_host === "hold" ? `are held for ${egress.hold_seconds} s while you decide` : "are blocked",
    },
    { label: "supervise", text: bottle.supervise ? "on" : "off" },
    ...limits.flatMap(([label, value]) => (value === undefined ? [] : [{ label, text: String(value) }])),
  ];
}

/** `api.github.com:8443 GET|POST /repos/acme/ [auth:Bearer from GH_PAT]`. */
export function routeText({ host, port, http, methods, path_allowlist: paths, auth, pipelock }: Route): string {
  return [
    port === undefined || port === 443 ? host : `${host}:${port}`,
    http === true ? "(also plain http)" : "",
    methods?.join("|") ?? "",
    plainLine(paths?.join(" ") ?? ""),
    auth === undefined ? "" : `[auth:${auth.scheme} from ${auth.token_ref}]`,
    pipelock?.tls_passthrough === true ? "[not intercepted]" : "",
  ]
    .filter((part) => part !== "")
    .join(" ");
}

/** `2 GiB`. */
export function sizeText(bytes: number | undefined): string | undefined {
  if (bytes === undefined) return undefined;
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const power = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), units.length - 1);
  return `${Math.round((bytes / 2 ** (10 * power)) * 10) / 10} ${units[power]}`;
}

function envText(value: EnvValue): string {
  switch (value.kind) {
    case "literal":
      return "as written in the definition";
    case "prompt":
      return "asked for at launch";
    case "host":
      return `from your ${value.variable}`;
  }
}

function userText({ name, email }: Bottle["git_user"]): string {
  return plainLine(
    [name, email === undefined ? undefined : `<${email}>`].filter((part) => part !== undefined).join(" "),
  );
}

function remoteText(url: string): string {
  const remote = parseGitUrl(url);
  return remote === undefined ? "?" : `${remote.host}:${remote.port}`;
}

function cut(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}
