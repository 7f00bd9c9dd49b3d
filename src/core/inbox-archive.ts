// Clears a bottle's queue of proposals whose story is over.

import type { InboxItem } from "#domain/fleet/fleet.ts";
import { idsToArchive } from "#domain/proposal/archive-policy.ts";
import { archive } from "#lib/store/archive.ts";

/** Archives what the policy lets go of one bottle; returns the ids. `inbox` may hold other bottles' items. */
export async function archiveSettled(root: string, slug: string, inbox: readonly InboxItem[], now: Date): Promise<string[]> {
  const ids = idsToArchive(inbox.filter(({ proposal }) => proposal.bottle_slug === slug), now);
  for (const id of ids) await archive({ root, slug }, id);
  return ids;
}
