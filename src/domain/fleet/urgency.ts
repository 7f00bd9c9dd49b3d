// What the operator is to look at first.
//
// The queue is worked off from its oldest end, but for two things that cannot wait their turn: an alarm, because each
// minute of a thief counts, and what is held, because its client waits and gets a refusal when the time is over. Of the rest
// an agent's own question comes first, because the agent waits. A blocked request loses nothing by waiting: nobody does.

import { CANARY_RULE } from "#domain/proposal/approved-exception.ts";
import type { Proposal } from "#domain/proposal/proposal.ts";

import { statusOf, type InboxItem } from "./fleet.ts";

/** A planted value was sent: nothing to approve, but to be looked at. */
export function isAlarm(proposal: Pick<Proposal, "kind" | "payload">): boolean {
  return proposal.kind === "dlp-match" && "rule" in proposal.payload && proposal.payload.rule === CANARY_RULE;
}

/** True for what cannot wait its turn. */
export function isUrgent(item: InboxItem, now: Date): boolean {
  return rankOf(item, now) <= HELD;
}

/** Alarms, then what has a live deadline, the soonest first, then what agents ask, then the rest; else in the order they came in. */
export function byUrgency(items: readonly InboxItem[], now: Date): readonly InboxItem[] {
  const [first, ...others] = items.map((item) => rankOf(item, now));
  if (first !== HELD && others.every((rank) => rank === first)) return items;
  return items.toSorted((a, b) => rankOf(a, now) - rankOf(b, now) || deadlineOf(a, now) - deadlineOf(b, now));
}

const [ALARM, HELD, ASKED, CAN_WAIT] = [0, 1, 2, 3] as const;

function rankOf(item: InboxItem, now: Date): number {
  if (statusOf(item, now) !== "pending") return CAN_WAIT;
  if (isAlarm(item.proposal)) return ALARM;
  if (item.proposal.deadline !== undefined) return HELD;
  return item.proposal.origin === "blocked-request" ? CAN_WAIT : ASKED;
}

function deadlineOf(item: InboxItem, now: Date): number {
  return rankOf(item, now) === HELD ? Date.parse(item.proposal.deadline ?? "") : 0;
}
