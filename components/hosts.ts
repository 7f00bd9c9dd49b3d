// The machines that bottles run on, as far as they must be told apart or one cannot be reached.

import type { BottleRow, Fleet } from "#domain/fleet/fleet.ts";

/** Where it is wrong → what is wrong: of definitions and state, and of hosts that do not answer. */
export function problemsOf({ problems, hosts }: Pick<Fleet, "problems" | "hosts">): (readonly [string, string])[] {
  const down = Object.entries(hosts).flatMap(([host, { up, detail }]) =>
    up ? [] : [[`host ${host}`, `${host} is unreachable${detail === "" ? "" : `: ${detail}`}`] as const],
  );
  return [...down, ...Object.entries(problems)];
}

/** All hosts by name: those that were heard of, and those that rows name. */
export function hostNames({ bottles, hosts }: Pick<Fleet, "bottles" | "hosts">): ReadonlySet<string> {
  return new Set([...Object.keys(hosts), ...bottles.map(({ host }) => host)].filter((host) => host !== ""));
}

/** The hosts that do not answer: what is shown of their bottles is what was last seen. */
export function hostsDown({ hosts }: Pick<Fleet, "hosts">): ReadonlySet<string> {
  return new Set(Object.keys(hosts).filter((host) => hosts[host]?.up === false));
}

/** A host stands for its daemon: what runs beside one, without any, goes on when it is down. */
export function isStale({ host, backend }: Pick<BottleRow, "host" | "backend">, down: ReadonlySet<string>): boolean {
  return down.has(host) && backend !== "local";
}
