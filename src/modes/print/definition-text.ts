// A resolved definition for people.

import type { Route } from "#domain/egress/route.ts";
import { budgetWords, routeWords } from "#domain/egress/route-words.ts";
import { sizeText } from "#domain/size.ts";
import { plainLine, plainLines } from "#domain/plain-text.ts";
import type { DefinitionInfo } from "#modes/json/definition-info.ts";

import type { Paint } from "./paint.ts";
import { labelled } from "./table.ts";

export function definitionText(info: DefinitionInfo, paint: Paint): string {
  const { bottle } = info;
  const pairs: [string, string][] = [
    [info.kind, info.name],
    ["file", info.path],
    ...(info.kind === "agent" ? agentPairs(info) : []),
    ["bottle", bottle.chain.join(" → ")],
    ["provider", bottle.agent_provider.template],
    ...some("credential", credentialSource(bottle.agent_provider)),
    ...some("runs", bottle.agent_provider.command?.join(" ")),
    ["backend", bottle.backend ?? "whichever works here"],
    ...some("runtime", bottle.runtime ?? undefined),
    ...some("dockerfile", bottle.agent_provider.dockerfile),
    ...Object.entries(bottle.env).map(([name, source]): [string, string] => ["env", `${name} (${source})`]),
    ...bottle.egress.routes.map((route): [string, string] => ["egress", routeText(route)]),
    ...Object.entries(bottle.egress.hosts).map(([name, address]): [string, string] => [
      "pinned",
      `${name} → ${address}`,
    ]),
    ...some("upstream CA", bottle.egress.upstream_ca ?? undefined),
    [
      "unknown hosts",
      bottle.egress.on_unknown_host === "hold" ? `are held for ${bottle.egress.hold_seconds} s` : "are blocked",
    ],
    ...some("budget", bottle.budget === null ? undefined : budgetWords(bottle.budget).join(", ")),
    ...Object.entries(bottle.git_repos).map(([name, url]): [string, string] => ["git gate", `${name} → ${url}`]),
    ...some("git user", [bottle.git_user.name, bottle.git_user.email].filter((part) => part !== undefined).join(" ")),
    ...Object.entries(bottle.resources).map(([name, value]): [string, string] => [
      name,
      name === "memory" && value !== undefined ? sizeText(value) : String(value),
    ]),
    ["supervise", bottle.supervise ? "yes" : "no"],
  ];
  const prompt =
    info.kind === "agent" && info.prompt !== ""
      ? [paint("dim", "prompt"), ...plainLines(info.prompt).map((line) => `  ${line}`)]
      : [];
  return [
    labelled(
      pairs.map(([label, text]) => [label, plainLine(text)]),
      paint,
    ),
    ...prompt,
  ].join("\n");
}

function agentPairs(info: DefinitionInfo & { kind: "agent" }): [string, string][] {
  return [["from", `the ${info.from}`], ...some("skills", info.skills.join(", "))];
}

function routeText(route: Route): string {
  const { host, port, methods, path_allowlist: paths, auth } = route;
  const place = port === undefined || port === 443 ? host : `${host}:${port}`;
  const credential = auth === undefined ? undefined : `[auth:${auth.scheme} from $${auth.token_ref}]`;
  const words = routeWords(route).join(", ");
  return [place, methods?.join("|"), paths?.join(" "), credential, words === "" ? undefined : `(${words})`]
    .filter((part) => part !== undefined)
    .join(" ");
}

function credentialSource({ auth_token, forward_host_credentials }: DefinitionInfo["bottle"]["agent_provider"]) {
  if (forward_host_credentials === true) return "the operator's own login";
  return auth_token === undefined || auth_token === "" ? undefined : `$${auth_token}`;
}

function some(label: string, text: string | undefined): [string, string][] {
  return text === undefined || text === "" ? [] : [[label, text]];
}
