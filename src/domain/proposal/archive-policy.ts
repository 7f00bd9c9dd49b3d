// Which proposals may leave the queue for the archive: those whose story is over and old.

import type { InboxItem } from "#domain/fleet/fleet.ts";

/** So long the outcome stays in sight. */
const STAY_MS = 60 * 60 * 1000;
/** More settled ones than these in a queue: the oldest go earlier. */
const STAY_COUNT = 200;

/**
 * Ids to archive, oldest first. What nobody answered before its deadline is over then. Pending ones and unfinished decisions stay, whatever their age; so does an approval whose
 * route is in force, for it can be used and undone. Agents find archived ones as well, so none is missed by leaving.
 */
export function idsToArchive(inbox: readonly InboxItem[], now: Date): string[] {
  const settled = inbox.filter((item) => settledAt(item, now) !== undefined);
  const over = settled.filter((item) => !isInForce(item, now));
  const surplus = Math.max(0, settled.length - STAY_COUNT);
  return over
    .filter((item, index) => index < surplus || now.getTime() - (settledAt(item, now)?.getTime() ?? 0) > STAY_MS)
    .map(({ proposal }) => proposal.id);
}

/** When the last thing happened that could; undefined while something is still to come. */
function settledAt({ proposal, decision, undo }: InboxItem, now: Date): Date | undefined {
  if (undo !== null) return undo.applied === undefined ? undefined : new Date(undo.decided_at);
  if (decision === null) return expiredAt(proposal, now);
  if (decision.status !== "rejected" && decision.applied === undefined) return undefined;
  return new Date(decision.decided_at);
}

function expiredAt({ deadline }: InboxItem["proposal"], now: Date): Date | undefined {
  if (deadline === undefined || new Date(deadline) > now) return undefined;
  return new Date(deadline);
}

function isInForce({ proposal, decision, undo, use }: InboxItem, now: Date): boolean {
  if (proposal.kind === "question" || decision === null || undo !== null || decision.applied?.ok !== true) return false;
  if (decision.scope === "once" && use !== null) return false;
  return decision.expires_at === undefined || new Date(decision.expires_at) > now;
}
