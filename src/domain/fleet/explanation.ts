// Why a bottle's state is what it is: who says so, by what, and when that was last confirmed.

import { confirmedAt } from "./agent-state.ts";
import { ASKED } from "./derive-state.ts";
import type { BottleRow, BottleState } from "./fleet.ts";
import { AUTHORITIES, type Authority, type Word } from "./run-status.ts";

export interface Reasons {
  readonly state: BottleState;
  /** When it began, ISO 8601. */
  readonly since: string;
  /** What the agent waits for, or why nothing is known; may be empty. */
  readonly why: string;
  readonly by: "backend" | "proposal" | Authority | "nobody";
  /** The rule that matched, or the event of the agent's own; may be empty. */
  readonly rule: string;
  readonly evidence: string;
  /** Null where nobody did. */
  readonly confirmed_at: string | null;
  /** All that was said in this run, the best authority first. */
  readonly words: readonly Word[];
}

export function reasonsOf(row: BottleRow, now: Date): Reasons {
  const { state, since, why = "", words = {}, activity } = row;
  const said = AUTHORITIES.flatMap((authority) => words[authority] ?? []);
  const by = decider(row);
  const word = by === activity?.authority ? activity : undefined;
  return {
    state,
    since,
    why,
    by,
    rule: word?.rule ?? "",
    evidence: word?.evidence ?? "",
    confirmed_at: (word === undefined ? row.confirmed_at : confirmedAt(words, now)) ?? null,
    words: said,
  };
}

function decider({ run, state, why, activity }: BottleRow): Reasons["by"] {
  if (run === undefined) return "nobody";
  if (run.phase !== "running") return "backend";
  if (state === "waiting" && why === ASKED) return "proposal";
  return activity?.authority ?? "nobody";
}

/** In words, to stand behind "by". */
export const DECIDERS: Readonly<Record<Reasons["by"], string>> = {
  backend: "its backend",
  proposal: "its question to you",
  conversation: "its conversation protocol",
  agent: "the agent itself, by a hook",
  title: "the title or the progress of its terminal",
  screen: "what is on its screen",
  terminal: "whether its terminal moves",
  nobody: "nobody yet",
};
