// The inbox after an event: proposals with everything known of their fate, oldest first.

import { plainProposal, plainSeen, plainText } from "#domain/proposal/plain.ts";

import type { FleetEvent } from "./event.ts";
import type { InboxItem } from "./fleet.ts";
import { isSame } from "./same.ts";

export type InboxEvent = Extract<
  FleetEvent,
  { type: "proposal" | "proposal-seen" | "decision" | "undo" | "proposal-archived" | "uses" }
>;

/** The same list when nothing changed, and the same item for each that did not. A part without its proposal is nothing. */
export function reduceInbox(inbox: readonly InboxItem[], event: InboxEvent): readonly InboxItem[] {
  switch (event.type) {
    case "proposal": {
      const place = placeOf(inbox, event.proposal.id);
      const old = inbox[place];
      const proposal = plainProposal(event.proposal);
      if (old?.proposal.id !== proposal.id)
        return inbox.toSpliced(place, 0, { proposal, seen: null, decision: null, undo: null, use: null });
      return isSame(old.proposal, proposal) ? inbox : inbox.with(place, { ...old, proposal });
    }
    case "proposal-seen":
      return change(inbox, event.id, event.slug, { seen: plainSeen(event.seen) });
    case "decision": {
      const { decision } = event;
      return change(inbox, decision.id, event.slug, { decision: { ...decision, notes: plainText(decision.notes) } });
    }
    case "undo":
      return change(inbox, event.undo.id, event.slug, { undo: { ...event.undo, notes: plainText(event.undo.notes) } });
    case "proposal-archived":
      return has(inbox, event.id, event.slug) ? inbox.toSpliced(placeOf(inbox, event.id), 1) : inbox;
    case "uses":
      return Object.entries(event.uses).reduce((so, [id, use]) => change(so, id, event.slug, { use }), inbox);
  }
}

function change(inbox: readonly InboxItem[], id: string, slug: string, part: Partial<InboxItem>): readonly InboxItem[] {
  const place = placeOf(inbox, id);
  const old = inbox[place];
  if (old === undefined || !has(inbox, id, slug)) return inbox;
  const item = { ...old, ...part };
  return isSame(old, item) ? inbox : inbox.with(place, item);
}

/** Of that bottle: nobody changes the fate of another bottle's proposal. */
function has(inbox: readonly InboxItem[], id: string, slug: string): boolean {
  const proposal = inbox[placeOf(inbox, id)]?.proposal;
  return proposal?.id === id && proposal.bottle_slug === slug;
}

/** Where the id is, or would be. */
function placeOf(inbox: readonly InboxItem[], id: string): number {
  let [low, high] = [0, inbox.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (inbox[middle]!.proposal.id < id) low = middle + 1;
    else high = middle;
  }
  return low;
}
