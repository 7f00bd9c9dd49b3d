// An operator may answer a blocked request before the agent has asked about it: then the agent's question has its answer.

import { foldKey, type ProposalDraft } from "#domain/proposal/proposal.ts";
import type { QueueItem } from "#lib/store/read-queue.ts";

/** Older ones are forgotten: the agent asks anew, and so does the operator's mind. */
const FRESH_MS = 10 * 60 * 1000;

/** The newest decided proposal that asks for the same as `draft` and whose answer no agent has read yet. */
export function earlierAnswer(
  items: readonly QueueItem[],
  draft: ProposalDraft,
  read: ReadonlySet<string>,
  now: Date,
): QueueItem | undefined {
  return items.findLast(({ proposal, decision, undo }) => {
    if (decision === null || undo !== null || read.has(proposal.id)) return false;
    const key = foldKey({ ...draft, bottle_slug: proposal.bottle_slug });
    if (key === undefined || key !== foldKey(proposal)) return false;
    const over = decision.expires_at !== undefined && new Date(decision.expires_at) <= now;
    return !over && now.getTime() - new Date(decision.decided_at).getTime() < FRESH_MS;
  });
}
