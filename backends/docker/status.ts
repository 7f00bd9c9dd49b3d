// How a bottle stands, from its container as it was listed and from what is on disk.

import type { RunStatus } from "#domain/fleet/run-status.ts";
import { endedStatus, isLaunching, launchingSince, statusOfExit } from "#lib/agent-end/ended.ts";
import { bottlePaths } from "#lib/paths.ts";

import { agentContainer, type AgentContainer } from "./agent-containers.ts";
import type { DockerContext } from "./context.ts";
import { settle } from "./settle.ts";

export async function statusOf(context: DockerContext, slug: string): Promise<RunStatus> {
  return standingOf(context, slug, await agentContainer(context, slug));
}

/** An end that nobody wrote down yet is settled on the way. */
export async function standingOf(
  context: DockerContext,
  slug: string,
  container: AgentContainer | undefined,
): Promise<RunStatus> {
  const paths = bottlePaths(context.root, slug);
  if (isLaunching(paths)) return { phase: "starting", since: await launchingSince(paths) };
  if (container?.state === "running") return runningSince(container);
  const exit = container?.state === "over" ? await settle(context, container) : null;
  return exit === null ? endedStatus(paths, container !== undefined) : statusOfExit(exit);
}

/** Its container is made for one run, and started at once. */
export function runningSince({ created }: AgentContainer): RunStatus {
  return { phase: "running", since: created.toISOString() };
}
