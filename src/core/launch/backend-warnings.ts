// What the choice of a backend means for this bottle, beyond what the backend says of itself.

import type { Backend } from "#contracts/backend.ts";
import type { Bottle } from "#domain/definition/bottle.ts";

export function backendWarnings({ name }: Pick<Backend, "name">, bottle: Bottle): string[] {
  return name === "local" ? localWarnings(bottle) : engineWarnings(name);
}

function localWarnings({ name, runtime, agent_provider }: Bottle): string[] {
  const unused = [
    ...(agent_provider.dockerfile === undefined ? [] : ["agent_provider.dockerfile"]),
    ...(runtime === undefined ? [] : ["runtime"]),
  ];
  return unused.map(
    (key) => `bottle ${name}: ${key} has no effect: the local backend uses this machine's own programs`,
  );
}

/** The engine's API is a way into every container of its own. */
function engineWarnings(name: string): string[] {
  if (!/^docker(?::|$)/.test(name)) return [];
  return [
    "Whoever may use this Docker engine can enter the bottle, and read its home, its processes and its sidecars' memory with the tokens in it",
  ];
}
