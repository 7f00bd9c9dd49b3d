// How a bottle stands, from what its backend knows, what its agent shows, and what its agent asked for.

import { agentState } from "./agent-state.ts";
import { type BottleState, type InboxItem, statusOf } from "./fleet.ts";
import type { RunStatus, Words } from "./run-status.ts";

export interface Standing {
  readonly state: BottleState;
  /** When it began, ISO 8601; undefined when the sources do not say. */
  readonly since: string | undefined;
  /** What it waits for, or why nothing is known. */
  readonly why?: string;
  /** When it becomes unknown by itself. */
  readonly doubtfulAt?: string | undefined;
}

/** Why an agent waits that has put something to the operator: the inbox says what. */
export const ASKED = "your decision";

/** `asked` is since when the agent waits for the operator (see agentWaitsSince). */
export function deriveState(run: RunStatus | undefined, words: Words, asked: string | undefined, now: Date): Standing {
  if (run === undefined) return { state: "unknown", since: undefined };
  switch (run.phase) {
    case "starting":
    case "stopped":
    case "lost":
      return { state: run.phase, since: run.since };
    case "exited":
      return { state: run.exit_code === 0 && run.signal === null ? "exited" : "crashed", since: run.since };
    case "running":
      // An open question outweighs a terminal that moves: a spinner turns while the agent waits.
      if (asked !== undefined) return { state: "waiting", since: asked, why: ASKED };
      return agentState(words, run.since, now);
  }
}

/** Since when the agent waits for an answer; a blocked request made nobody wait. Undefined when it waits for none. */
export function agentWaitsSince(pending: readonly InboxItem[]): string | undefined {
  const asked = pending.filter(({ proposal }) => proposal.origin !== "blocked-request");
  return asked.map(({ proposal }) => proposal.created_at).toSorted()[0];
}

export function pendingOf(inbox: readonly InboxItem[], slug: string, now: Date): InboxItem[] {
  return inbox.filter((item) => item.proposal.bottle_slug === slug && statusOf(item, now) === "pending");
}
