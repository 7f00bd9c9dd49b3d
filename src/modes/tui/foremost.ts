// What is told of the waiting proposals on every screen: in the header, and in the strip above the footer.

import { remaining } from "#components/words.ts";
import type { InboxItem } from "#domain/fleet/fleet.ts";
import { isAlarm } from "#domain/fleet/urgency.ts";
import { plainLine } from "#domain/plain-text.ts";

/** The bottles that sent their canary, by name: one, or how many. */
export function alarmsOf(pending: readonly InboxItem[]): string {
  const slugs = new Set(pending.flatMap(({ proposal }) => (isAlarm(proposal) ? proposal.bottle_slug : [])));
  const [first = ""] = slugs;
  return slugs.size < 2 ? plainLine(first).slice(0, 30) : `${slugs.size} bottles`;
}

/** How long the first of those that are held still waits. */
export function timeLeft(pending: readonly InboxItem[], at: number): string | null {
  const deadline = pending.find(({ proposal }) => proposal.deadline !== undefined)?.proposal.deadline;
  return deadline === undefined || !(Date.parse(deadline) > at) ? null : remaining(deadline, at);
}

/** What `a` would open comes first. */
export function stripItems(pending: readonly InboxItem[], atHand: InboxItem | undefined): readonly InboxItem[] {
  return atHand === undefined || !pending.includes(atHand)
    ? pending
    : [atHand, ...pending.filter((item) => item !== atHand)];
}
