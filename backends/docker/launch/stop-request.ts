// Stopping a bottle that somebody launches just now, perhaps in another process: the launcher is asked to give up and takes
// back what it made. Otherwise the bottle would start after it was said to be stopped.

import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";

import { BottleError } from "#domain/bottle-error.ts";
import { isLaunching } from "#lib/agent-end/ended.ts";
import type { BottlePaths } from "#lib/paths.ts";

import { markStopping } from "../settle.ts";

const LOOK_MS = 200;
/** For a launcher to take back what it made; one that hangs is not waited for any longer. */
const PATIENCE_MS = 60_000;

export interface Heeded {
  /** Aborts with `signal`, and when the bottle is asked to stop. */
  readonly signal: AbortSignal;
  end(): void;
}

/** To be called by whoever has the claim, and before anything else: what was asked earlier concerns an earlier run. */
export async function heedStop({ agent }: BottlePaths, slug: string, signal: AbortSignal): Promise<Heeded> {
  await rm(agent.stopping, { force: true });
  const stopped = new AbortController();
  const timer = setInterval(() => {
    if (!existsSync(agent.stopping)) return;
    clearInterval(timer);
    stopped.abort(new BottleError("failed", "was stopped while it was being launched", { where: slug }));
  }, LOOK_MS).unref();
  return { signal: AbortSignal.any([signal, stopped.signal]), end: () => clearInterval(timer) };
}

/** Resolves when nobody launches the bottle any more. */
export async function endLaunch(paths: BottlePaths): Promise<void> {
  if (!isLaunching(paths)) return;
  await markStopping(paths).catch(() => {}); // it gave up just now
  const until = performance.now() + PATIENCE_MS;
  // oxlint-disable-next-line no-await-in-loop -- a process of somebody else's tells nobody of its end
  while (isLaunching(paths) && performance.now() < until) await delay(LOOK_MS);
}
