// Moves proposals whose story is over and old to the archive, when an agent has received an answer: nothing polls.

import { idsToArchive } from "#domain/proposal/archive-policy.ts";
import { archive } from "#lib/store/archive.ts";
import type { QueueOf } from "#lib/store/queue-files.ts";
import { readQueue } from "#lib/store/read-queue.ts";
import { readUses } from "#lib/store/read-uses.ts";

/** Returns the ids. An agent that asks for one of them again still finds it. */
export async function tidyQueue(of: QueueOf, now: Date): Promise<string[]> {
  const [{ items }, { uses }] = await Promise.all([readQueue(of), readUses(of)]);
  const inbox = items.map((item) => ({ ...item, use: uses[item.proposal.id] ?? null }));
  const ids = idsToArchive(inbox, now);
  for (const id of ids) await archive(of, id, now);
  return ids;
}

/** Tidies once at a time, and once more when it was asked for meanwhile. */
export function queueTidier(of: QueueOf, now: () => Date, tell: (problem: string) => void): () => void {
  let running = false;
  let again = false;
  const tidy = async (): Promise<void> => {
    if (running) {
      again = true;
      return;
    }
    running = true;
    try {
      do {
        again = false;
        await tidyQueue(of, now());
      } while (again);
    } catch (error) {
      tell(`the queue cannot be tidied: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      running = false;
    }
  };
  return () => void tidy();
}
