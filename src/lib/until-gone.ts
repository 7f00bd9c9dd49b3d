// Waiting with a limit: for the end of a process that is not our child, and for anything else.

import { isRunning, type ProcessIdentity } from "#lib/process-identity.ts";

const EVERY_MS = 20;

/** False when it still runs after `patienceMs`. The kernel tells only parents of an end, so this looks again and again. */
export async function untilGone(identity: ProcessIdentity, patienceMs: number): Promise<boolean> {
  const until = performance.now() + patienceMs;
  while (isRunning(identity)) {
    if (performance.now() > until) return false;
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
  }
  return true;
}

/** False when `event` has not happened after `patienceMs`. */
export async function within(event: Promise<unknown>, patienceMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), patienceMs);
  });
  try {
    return await Promise.race([event.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
