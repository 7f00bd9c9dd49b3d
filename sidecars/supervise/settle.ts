// Moves a proposal to the archive a while after the agent has received its final answer.

import { BottleError } from "#domain/bottle-error.ts";
import { archive } from "#lib/store/archive.ts";
import type { QueueOf } from "#lib/store/queue-files.ts";
import { readProposal, readQueue } from "#lib/store/read-queue.ts";
import { isAnswered } from "#lib/store/wait-for-decision.ts";

/** So long the row stays in the operator's inbox, with its proof of use and its undo: as long as `once` can live. */
const KEEP_MS = 10 * 60 * 1000;

/** Returns what to call with an id once the agent has the answer. Those that a former run of this daemon left are taken too. */
export function settler(of: QueueOf, tell: (problem: string) => void): (id: string) => void {
  const scheduled = new Set<string>();
  const schedule = (id: string): void => {
    if (scheduled.has(id)) return;
    scheduled.add(id);
    setTimeout(() => {
      scheduled.delete(id);
      settle(of, id).then(
        (done) => (done ? undefined : schedule(id)),
        (error: unknown) => tell(`cannot archive ${id}: ${error instanceof Error ? error.message : String(error)}`),
      );
    }, KEEP_MS).unref();
  };
  readQueue(of).then(
    ({ items }) => items.filter((item) => isAnswered(item, "settled")).forEach(({ proposal }) => schedule(proposal.id)),
    (error: unknown) => tell(`cannot read the queue: ${String(error)}`),
  );
  return schedule;
}

/** False while it is being undone. */
async function settle(of: QueueOf, id: string): Promise<boolean> {
  try {
    const { undo } = await readProposal(of, id);
    if (undo !== null && undo.applied === undefined) return false;
    await archive(of, id);
  } catch (error) {
    if (!(error instanceof BottleError && error.code === "not-found")) throw error;
  }
  return true;
}
