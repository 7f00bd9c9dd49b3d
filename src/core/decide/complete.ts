// Finishes what a decider left undone when it died between its decision and the read-back.

import type { Fleet, InboxItem } from "#domain/fleet/fleet.ts";

import { completeRebuild } from "#core/rebuild/apply.ts";

import { applyDecision } from "./apply.ts";
import type { Desk } from "./desk.ts";
import { completeUndo } from "./undo.ts";

/** Whoever decided may still be at it for this long. */
const GRACE_MS = 10_000;

/**
 * Finishes one; harmless when its maker lives after all, since both work under one lock and the first word stands. False
 * while somebody is at it: an image takes minutes to build.
 */
export async function completeUnfinished(
  desk: Desk,
  item: Pick<InboxItem, "proposal" | "decision" | "undo">,
): Promise<boolean> {
  const { id, bottle_slug, kind } = item.proposal;
  if (item.undo !== null) return (await completeUndo(desk, bottle_slug, id, false)) !== undefined;
  if (item.decision === null) return true;
  if (kind === "capability-block") return (await completeRebuild(desk, bottle_slug, id)) !== undefined;
  await applyDecision(desk, bottle_slug, id);
  return true;
}

/**
 * Looks at each new fleet for unfinished decisions and finishes them when their grace is over. `look` is cheap when there
 * are none; no timer runs then. `failed` is told when one could not be finished; the next dashboard tries again.
 */
export function createCompleter(desk: Desk, failed: (id: string, error: unknown) => void) {
  const timers = new Map<string, NodeJS.Timeout>();
  const finish = async (item: InboxItem): Promise<void> => {
    try {
      const done = await completeUnfinished(desk, item);
      if (done || closed) timers.delete(item.proposal.id);
      else timers.set(item.proposal.id, setTimeout(() => void finish(item), GRACE_MS).unref());
    } catch (error) {
      failed(item.proposal.id, error); // its timer stays noted: it is not tried again here, but by whoever starts next
    }
  };
  let seen: Fleet["inbox"] | undefined;
  let closed = false;
  return {
    look({ inbox }: Pick<Fleet, "inbox">): void {
      if (inbox === seen) return;
      seen = inbox;
      const open = inbox.filter((item) => unfinishedSince(item) !== undefined);
      for (const [id, timer] of timers) {
        if (open.some((item) => item.proposal.id === id)) continue;
        clearTimeout(timer);
        timers.delete(id);
      }
      for (const item of open.filter(({ proposal }) => !timers.has(proposal.id))) {
        const age = desk.now().getTime() - (unfinishedSince(item)?.getTime() ?? 0);
        timers.set(item.proposal.id, setTimeout(() => void finish(item), Math.max(0, GRACE_MS - age)).unref());
      }
    },
    close(): void {
      closed = true;
      for (const timer of timers.values()) clearTimeout(timer);
      timers.clear();
    },
  };
}

function unfinishedSince({ decision, undo }: Pick<InboxItem, "decision" | "undo">): Date | undefined {
  if (undo !== null) return undo.applied === undefined ? new Date(undo.decided_at) : undefined;
  if (decision === null || decision.status === "rejected" || decision.applied !== undefined) return undefined;
  return new Date(decision.decided_at);
}
