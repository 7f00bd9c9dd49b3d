// How an agent stands, from what each authority has said of it in this run: docs/decisions/0009-agent-state.md. The best that
// has spoken decides; what nothing confirms any more becomes unknown, and is never replaced by a guess.

import { type Activity, AUTHORITIES, type Word, type Words } from "./run-status.ts";

/** Busy holds for so long after the last sign of it: a word of the authority's own, or a terminal that moves. */
export const BUSY_HOLDS_MS = 5 * 60_000;
/** Idle and waiting hold until a worse authority has contradicted without a break for so long. */
export const CONTRADICTED_AFTER_MS = 60_000;
/** An agent that runs and of which nothing was heard yet starts; after this it is unknown. */
export const STARTING_FOR_MS = 60_000;

export interface AgentState {
  readonly state: Activity | "starting";
  /** When it began, ISO 8601. */
  readonly since: string;
  /** What the agent waits for, or why nothing is known; may be empty. */
  readonly why: string;
  /** When it becomes unknown by itself; undefined while it holds. */
  readonly doubtfulAt: string | undefined;
}

/** `begun` is when the agent's process did. */
export function agentState(words: Words, begun: string, now: Date): AgentState {
  const word = bestWord(words);
  if (word === undefined) return unheard(begun, now);
  if (words.terminal?.activity === "unknown" && needsTerminal(word)) {
    const why = `was ${word.activity}; its terminal cannot be followed`;
    return { state: "unknown", since: words.terminal.at, why, doubtfulAt: undefined };
  }
  switch (word.activity) {
    case "unknown":
      return { state: "unknown", since: word.at, why: word.detail, doubtfulAt: undefined };
    case "busy":
      return busy(word, words.terminal, now);
    case "idle":
    case "waiting":
      return resting(word, words, now);
  }
}

/** The word that counts. */
export function bestWord(words: Words): Word | undefined {
  return AUTHORITIES.map((authority) => words[authority]).find((word) => word !== undefined);
}

/**
 * When the state was last confirmed. A terminal that moves confirms that its agent is busy at this moment; a title or a screen
 * that has not changed says nothing new, and its word is as old as the look at it.
 */
export function confirmedAt(words: Words, now: Date): string | undefined {
  const word = bestWord(words);
  if (word === undefined || word.activity !== "busy") return word?.confirmed;
  return timeOf(lastSign(word, words.terminal, now.getTime()));
}

/** `words` with one more. Title and screen are told by one reader, whose rules say which is which: the later one counts. */
export function withWord(words: Words, word: Word): Words {
  const { title, screen, ...others } = words;
  const isRead = word.authority === "title" || word.authority === "screen";
  const old = words[word.authority] ?? (isRead ? (title ?? screen) : undefined);
  const kept = isRead ? others : words;
  const goesOn = old !== undefined && old.activity === word.activity && old.detail === word.detail;
  return { ...kept, [word.authority]: goesOn ? { ...word, at: old.at } : word };
}

/** Busy was said by the agent itself and runs out by itself; all else holds only while it is seen that nothing contradicts. */
function needsTerminal({ authority, activity }: Word): boolean {
  if (authority === "terminal" || activity === "unknown") return false;
  return activity !== "busy" || authority === "title" || authority === "screen";
}

function unheard(begun: string, now: Date): AgentState {
  const end = Date.parse(begun) + STARTING_FOR_MS;
  if (Number.isNaN(end)) return { state: "unknown", since: begun, why: "", doubtfulAt: undefined };
  if (now.getTime() < end) return { state: "starting", since: begun, why: "", doubtfulAt: timeOf(end) };
  return {
    state: "unknown",
    since: timeOf(end),
    why: "nothing was heard of it since it started",
    doubtfulAt: undefined,
  };
}

function busy(word: Word, terminal: Word | undefined, now: Date): AgentState {
  const held = { state: "busy", since: word.at, why: "", doubtfulAt: undefined } as const;
  // What moves now needs no other confirmation; how long it has, the clock of whoever follows it tells.
  if (terminal?.activity === "busy") return held;
  const end = lastSign(word, terminal, now.getTime()) + BUSY_HOLDS_MS;
  if (now.getTime() < end) return { ...held, doubtfulAt: timeOf(end) };
  return doubt(end, "was busy, and nothing has moved or been said since");
}

function lastSign(word: Word, terminal: Word | undefined, now: number): number {
  const said = Date.parse(word.confirmed);
  switch (terminal?.activity) {
    case "busy":
      return now;
    case "idle":
    case "waiting":
      return Math.max(said, Date.parse(terminal.at));
    case "unknown":
    case undefined:
      return said;
  }
}

function resting(word: Word, words: Words, now: Date): AgentState {
  const { activity: state, authority, at, detail, confirmed } = word;
  const held = { state, since: at, why: state === "waiting" ? detail : "", doubtfulAt: undefined };
  const against = AUTHORITIES.slice(AUTHORITIES.indexOf(authority) + 1).flatMap((one) => words[one] ?? []);
  const busySince = against
    .flatMap((one) => (one.activity === "busy" ? [Date.parse(one.at)] : []))
    .toSorted((a, b) => a - b);
  if (busySince[0] === undefined) return held;
  const end = Math.max(busySince[0], Date.parse(confirmed)) + CONTRADICTED_AFTER_MS;
  if (now.getTime() < end) return { ...held, doubtfulAt: timeOf(end) };
  return doubt(end, `was ${state}, and its terminal has been moving since`);
}

function doubt(since: number, why: string): AgentState {
  return { state: "unknown", since: timeOf(since), why, doubtfulAt: undefined };
}

function timeOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
