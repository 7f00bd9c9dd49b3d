// Finds the agent below the sandbox: sandbox → first process inside → entrypoint → agent. An agent cannot forge the way,
// since whatever it starts is younger than the entrypoint.

import { readFileSync } from "node:fs";

import { childrenOf, treeOf, usageOf, type Usage } from "#lib/process-tree.ts";

/** The agent's process, or undefined before it was started. */
export function agentPid(sandbox: number): number | undefined {
  const first = firstInside(sandbox);
  if (first === undefined) return undefined;
  const [entrypoint] = childrenOf(first);
  return entrypoint === undefined ? undefined : childrenOf(entrypoint)[0];
}

/** Process 1 of the bottle, as the host counts it; its end is the end of all of them. */
export function firstInside(sandbox: number): number | undefined {
  return treeOf(sandbox).find((pid) => innermostPid(pid) === 1);
}

/** What all processes of a bottle use: ours that holds the terminal with the sandbox below, and the sidecars. */
export function bottleUsage(roots: readonly number[]): Usage {
  return usageOf(new Set(roots.flatMap((root) => treeOf(root))));
}

function innermostPid(pid: number): number | undefined {
  try {
    const words =
      /^NSpid:(.*)$/m
        .exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1]
        ?.trim()
        .split(/\s+/) ?? [];
    return words.length > 1 ? Number(words.at(-1)) : undefined;
  } catch {
    return undefined;
  }
}
