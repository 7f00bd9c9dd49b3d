// What is told of the waiting proposals on every screen: in the header, and in the strip above the footer.

import { hasEnded } from "#components/fleet-list.ts";
import { remaining } from "#components/words.ts";
import { credentialMark } from "#domain/fleet/credential-words.ts";
import type { Fleet, InboxItem } from "#domain/fleet/fleet.ts";
import { isAlarm } from "#domain/fleet/urgency.ts";
import { plainLine } from "#domain/plain-text.ts";

/** The bottles that sent their canary, by name: one, or how many. */
export function alarmsOf(pending: readonly InboxItem[]): string {
  const slugs = new Set(pending.flatMap(({ proposal }) => (isAlarm(proposal) ? proposal.bottle_slug : [])));
  const [first = ""] = slugs;
  return slugs.size < 2 ? plainLine(first).slice(0, 30) : `${slugs.size} bottles`;
}

/** Of bottles that go on: which credential is about to bite, or how many are. */
export function credentialsOf({ bottles }: Fleet, at: number): string {
  const marks = bottles.flatMap((bottle) => {
    const mark = hasEnded(bottle) ? undefined : credentialMark(bottle.credential, new Date(at));
    return mark === undefined ? [] : [`${plainLine(bottle.slug).slice(0, 30)}: ${mark}`];
  });
  return marks.length < 2 ? marks.join("") : `${marks.length} credentials expire soon or have expired`;
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
