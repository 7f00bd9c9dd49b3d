// Whether an agent's terminal moved lately, by one short question for the end of its log.

import type { Activity } from "#domain/fleet/run-status.ts";
import { IDLE_AFTER_MS } from "#lib/screen/activity.ts";

import { agentContainer } from "../agent-containers.ts";
import type { DockerContext } from "../context.ts";
import { markFilter } from "../terminal/marks.ts";

/** Enough that our own marks are not all of it. */
const LAST_LINES = 8;

/** Undefined when it does not run. What is written without a newline comes late: whoever watches sees more than this. */
export async function activityOf(
  context: DockerContext,
  slug: string,
  abortSignal: AbortSignal,
): Promise<Activity | undefined> {
  const container = await agentContainer(context, slug);
  if (container?.state !== "running") return undefined;
  try {
    const log = await context.engine.docker.getContainer(container.id).logs({
      stdout: true,
      stderr: true,
      follow: false,
      tail: LAST_LINES,
      since: (Date.now() - IDLE_AFTER_MS) / 1000,
      abortSignal,
    });
    return saysSomething(log) ? "busy" : "idle";
  } catch (error) {
    throw context.engine.error(error, "read the end of the log");
  }
}

/** A mark of ours is no sign of the agent's life. */
function saysSomething(log: Buffer): boolean {
  const filter = markFilter();
  return [...filter.push(log), ...filter.end()].some((piece) => piece.type === "bytes");
}
