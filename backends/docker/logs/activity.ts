// What an agent's terminal shows, by one short question for the end of its log: what the rules of its provider read there,
// else whether it moved lately.

import type { Shown } from "#contracts/backend.ts";
import { screenReader } from "#domain/provider/screen-verdict.ts";
import { bottlePaths } from "#lib/paths.ts";
import { IDLE_AFTER_MS } from "#lib/screen/activity.ts";

import { agentContainer } from "../agent-containers.ts";
import type { DockerContext } from "../context.ts";
import { saidOf } from "#lib/screen/reading.ts";
import { readScreenRules } from "#lib/screen/rules-file.ts";
import { lookAt } from "../terminal/look.ts";
import { markFilter } from "../terminal/marks.ts";

/** Enough that our own marks are not all of it. */
const LAST_LINES = 8;

/** Undefined when it does not run. What is written without a newline comes late: whoever watches sees more than this. */
export async function activityOf(
  context: DockerContext,
  slug: string,
  abortSignal: AbortSignal,
): Promise<readonly Shown[] | undefined> {
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
    const read = await readOnce(context, slug);
    const moves: Shown = { activity: saysSomething(log) ? "busy" : "idle", authority: "terminal" };
    return read === undefined ? [moves] : [moves, read];
  } catch (error) {
    throw context.engine.error(error, "read the end of the log");
  }
}

/** Undefined where no rule matches. */
async function readOnce(context: DockerContext, slug: string): Promise<Shown | undefined> {
  const rules = await readScreenRules(bottlePaths(context.root, slug));
  if (rules === undefined) return undefined;
  const view = await lookAt(context, slug);
  const verdict = view === undefined ? undefined : screenReader(rules)(view);
  return verdict === undefined ? undefined : saidOf(verdict);
}

/** A mark of ours is no sign of the agent's life. */
function saysSomething(log: Buffer): boolean {
  const filter = markFilter();
  return [...filter.push(log), ...filter.end()].some((piece) => piece.type === "bytes");
}
