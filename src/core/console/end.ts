// Waits for the end of a bottle's agent, and says what came of it.

import type { AgentEnd, Console } from "#contracts/console.ts";
import { BottleError } from "#domain/bottle-error.ts";
import type { RunStatus } from "#domain/fleet/run-status.ts";
import { TaskResult } from "#domain/provider/task-output.ts";
import { bottlePaths } from "#lib/paths.ts";
import { readChecked } from "#lib/store/read-checked.ts";

import { backendOf, type ConsoleWorld } from "./part.ts";

type Watching = Pick<Console, "start" | "fleet" | "subscribe">;

/** Throws `not-found` when there is no such bottle or it is cleared away meanwhile, and the reason of `signal` when that aborts. */
export async function endOf(
  world: Pick<ConsoleWorld, "root" | "backends">,
  slug: string,
  watching: Watching,
  signal: AbortSignal,
): Promise<AgentEnd> {
  const bottle = (await backendOf(world, slug)).open(slug);
  const run = await untilEnded(slug, watching, signal);
  // It may be this process that writes the end down, with its crash log: not to leave before that is done.
  await bottle.status().catch(() => {});
  const said = await readChecked(bottlePaths(world.root, slug).agent.result, TaskResult);
  const { message, cut } = said.state === "ok" ? said.value : { message: null, cut: false };
  const ended = run.phase === "exited" ? run : { exit_code: null, signal: null };
  return { reason: run.phase, exit_code: ended.exit_code, signal: ended.signal, message, cut };
}

type Ended = Extract<RunStatus, { phase: "exited" | "stopped" | "lost" }>;

function untilEnded(slug: string, { start, fleet, subscribe }: Watching, signal: AbortSignal): Promise<Ended> {
  return new Promise((resolve, reject) => {
    let wasThere = false;
    const look = (): void => {
      const row = fleet().bottles.find((bottle) => bottle.slug === slug);
      if (row !== undefined) wasThere = true;
      else if (wasThere) return settle(() => reject(gone(slug)));
      const run = row?.run;
      if (run !== undefined && run.phase !== "starting" && run.phase !== "running") settle(() => resolve(run));
    };
    const aborted = (): void => settle(() => reject(signal.reason));
    const unsubscribe = subscribe(look);
    const settle = (how: () => void): void => {
      unsubscribe();
      signal.removeEventListener("abort", aborted);
      how();
    };
    if (signal.aborted) return aborted();
    signal.addEventListener("abort", aborted, { once: true });
    // Its own backend may tell of it long before the slowest one has answered.
    start().catch((error: unknown) => settle(() => reject(error)));
    look();
  });
}

function gone(slug: string): BottleError {
  return new BottleError("not-found", "the bottle was cleared away", { where: slug });
}
