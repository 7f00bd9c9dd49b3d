// What can be started: every agent definition, with the reason where it cannot be.

import type { Backend } from "#contracts/backend.ts";
import type { AgentChoice } from "#contracts/console.ts";
import { BottleError } from "#domain/bottle-error.ts";
import type { Definitions } from "#domain/definition/definitions.ts";
import { resolveAgent } from "#domain/definition/resolve.ts";

/**
 * By name; broken definitions are in the list, so that nothing vanishes. `preferred` is the operator's default backend, for
 * definitions that name none.
 */
export function agentChoices(
  definitions: Definitions,
  backends: readonly Backend[],
  preferred: string | undefined,
): AgentChoice[] {
  const broken = definitions.broken.filter(({ kind }) => kind === "agent").map(({ name }) => name);
  const names = new Set([...definitions.agents.keys(), ...broken]);
  return [...names].toSorted().map((name) => choice(definitions, backends, name, preferred));
}

function choice(
  definitions: Definitions,
  backends: readonly Backend[],
  name: string,
  preferred: string | undefined,
): AgentChoice {
  const unresolved = definitions.agents.get(name);
  const known = { name, from: unresolved?.from ?? "root", bottle: unresolved?.bottle ?? "", provider: "", backend: "" };
  try {
    const { bottle } = resolveAgent(definitions, name);
    const { template } = bottle.agent_provider;
    const settled = {
      ...known,
      bottle: bottle.name,
      provider: template,
      backend: bottle.backend ?? preferred ?? backends[0]?.name ?? "",
    };
    return { ...settled, problem: runProblem(bottle.backend ?? preferred, backends) };
  } catch (error) {
    return { ...known, problem: error instanceof BottleError ? error.message : String(error) };
  }
}

function runProblem(wanted: string | undefined, backends: readonly Backend[]): string | undefined {
  if (wanted === undefined || backends.some(({ name }) => name === wanted)) return undefined;
  return `this version has no backend ${JSON.stringify(wanted)}; use one of: ${backends.map(({ name }) => name).join(", ")}`;
}
