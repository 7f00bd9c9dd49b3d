// Waits for the end of a process that is not our child.

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
