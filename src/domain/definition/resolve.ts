// From definitions to what a launch starts from: the agent, and its bottle with all parents merged.

import { BottleError } from "#domain/bottle-error.ts";
import { canonicalJson } from "#domain/json.ts";
import { nearestOf } from "#domain/problem/nearest.ts";
import { describeProblem, problemsError } from "#domain/problem/problem.ts";

import type { Bottle, BottleKeys } from "./bottle.ts";
import type { AgentDefinition, Definitions, Origin } from "./definitions.ts";
import { DEFAULT_HOLD_SECONDS } from "./egress.ts";
import { mergeKeys, overlayUser } from "./merge.ts";

export interface ResolvedAgent {
  readonly agent: AgentDefinition;
  /** `git_user` has the agent's own over the bottle's. */
  readonly bottle: Bottle;
  readonly from: Origin;
  /** Equal for equal definitions, wherever they lie: what `definition_digest` is made over. Holds literal values of `env`. */
  readonly digestInput: string;
}

/** Throws `not-found` with what there is, or `invalid` when the agent, its bottle or one of its parents is malformed. */
export function resolveAgent(definitions: Definitions, agentName: string): ResolvedAgent {
  const agent = findAgent(definitions, agentName);
  if (!definitions.bottles.has(agent.bottle)) throw missingBottle(definitions, agent);
  const resolved = resolveBottle(definitions, agent.bottle);
  const bottle = { ...resolved, git_user: overlayUser(resolved.git_user, agent.git_user) };
  const { name, skills, prompt, from } = agent;
  return { agent, bottle, from, digestInput: canonicalJson({ agent: { name, skills, prompt }, bottle }) };
}

/** Throws `not-found`, or `invalid` for a cycle, a missing parent, or a malformed file on the way. */
export function resolveBottle(definitions: Definitions, name: string): Bottle {
  const { chain, keys } = mergedKeys(definitions, name);
  const egress = keys.egress ?? {};
  const { template = "claude", ...provider } = keys.agent_provider ?? {};
  return {
    name,
    chain,
    env: keys.env ?? {},
    agent_provider: { template, ...provider },
    git_user: keys["git-gate"]?.user ?? {},
    git_repos: keys["git-gate"]?.repos ?? {},
    egress: {
      on_unknown_host: egress.on_unknown_host ?? "block",
      hold_seconds: egress.hold_seconds ?? DEFAULT_HOLD_SECONDS,
      hosts: egress.hosts ?? {},
      upstream_ca: fromHome(egress.upstream_ca, definitions.home),
      routes: egress.routes ?? [],
    },
    budget: keys.budget === undefined ? undefined : definedOnly(keys.budget),
    supervise: keys.supervise ?? true,
    backend: keys.backend,
    runtime: keys.runtime,
    resources: definedOnly(keys.resources ?? {}),
  };
}

/** The keys of `name` over those of its parents, as they are written. */
export function mergedKeys(definitions: Definitions, name: string): { chain: string[]; keys: BottleKeys } {
  const chain = chainOf(definitions, name);
  const ordered = chain.map((link) => definitions.bottles.get(link)?.keys ?? {});
  return { chain, keys: ordered.reduceRight<BottleKeys>((parent, child) => mergeKeys(parent, child, name), {}) };
}

/** `name`, its parent, its parent's parent, … */
function chainOf(definitions: Definitions, name: string): string[] {
  const chain: string[] = [];
  for (let link: string | undefined = name; link !== undefined;) {
    const definition = definitions.bottles.get(link);
    if (definition === undefined) throw missingParent(definitions, link, chain.at(-1));
    chain.push(link);
    const parent: string | undefined = definition.keys.extends;
    if (parent === link) throw extendsError(definitions, link, `\`${link}\` extends itself`, "remove `extends`");
    if (parent !== undefined && chain.includes(parent)) {
      const cycle = [...chain.slice(chain.indexOf(parent)), parent].join(" → ");
      throw extendsError(definitions, link, `the chain never ends: ${cycle}`, "remove `extends` from one of them");
    }
    link = parent;
  }
  return chain;
}

function extendsError(definitions: Definitions, name: string, what: string, hint: string): BottleError {
  return new BottleError("invalid", `extends: ${what}`, { where: definitions.bottles.get(name)?.path ?? name, hint });
}

function missingParent(definitions: Definitions, name: string, child: string | undefined): BottleError {
  const broken = definitions.broken.find((file) => file.kind === "bottle" && file.name === name);
  if (broken !== undefined) {
    const cause = problemsError(broken.problems);
    if (child === undefined) return cause;
    return new BottleError("invalid", `extends: \`${name}\` is malformed (${cause.message})`, {
      where: definitions.bottles.get(child)?.path ?? child,
      cause,
    });
  }
  const hint = available(name, definitions.bottles.keys());
  if (child === undefined) return new BottleError("not-found", `there is no bottle definition \`${name}\``, { hint });
  return extendsError(definitions, child, `there is no bottle definition \`${name}\``, hint);
}

function findAgent(definitions: Definitions, name: string): AgentDefinition {
  const broken = definitions.broken.filter((file) => file.kind === "agent" && file.name === name);
  const agent = definitions.agents.get(name);
  // The repository's wins by name, malformed or not: nothing else runs under that name unseen.
  const wins = broken.find(({ from }) => from === "repository") ?? (agent === undefined ? broken[0] : undefined);
  if (wins !== undefined) throw problemsError(wins.problems);
  if (agent !== undefined) return agent;
  const leftover = definitions.problems.find(({ path }) => path.endsWith("/bot-bottle.json"));
  throw new BottleError("not-found", `there is no agent definition \`${name}\``, {
    hint: leftover === undefined ? available(name, definitions.agents.keys()) : describeProblem(leftover),
  });
}

function missingBottle(definitions: Definitions, agent: AgentDefinition): BottleError {
  const broken = definitions.broken.find((file) => file.kind === "bottle" && file.name === agent.bottle);
  if (broken !== undefined) {
    const cause = problemsError(broken.problems);
    return new BottleError("invalid", `bottle: \`${agent.bottle}\` is malformed (${cause.message})`, {
      where: agent.path,
      cause,
    });
  }
  return new BottleError("invalid", `bottle: there is no bottle definition \`${agent.bottle}\``, {
    where: agent.path,
    hint: available(agent.bottle, definitions.bottles.keys()),
  });
}

function available(wanted: string, names: Iterable<string>): string {
  const known = [...names].toSorted();
  if (known.length === 0) return "write one with `bottle-dash init <name>`";
  const nearest = nearestOf(wanted, known);
  const list = known.length > 20 ? `${known.slice(0, 20).join(", ")} and ${known.length - 20} more` : known.join(", ");
  return nearest === undefined ? `there are: ${list}` : `did you mean \`${nearest}\`? There are: ${list}`;
}

/** `~/` as the home folder; a path without a home to start from stays as it is. */
function fromHome(path: string | undefined, home: string | undefined): string | undefined {
  return path?.startsWith("~/") === true && home !== undefined ? `${home}/${path.slice(2)}` : path;
}

function definedOnly<T extends object>(value: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
