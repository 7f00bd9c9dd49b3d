// How a bottle's agent process stands, as its backend knows it.

import * as z from "zod";

/** `state/<slug>/agent/exit.json`, written by whoever holds the terminal. */
export const ExitRecord = z.strictObject({
  at: z.iso.datetime(),
  /** Null when a signal ended it. */
  exit_code: z.int().nullable(),
  signal: z.string().nullable(),
  /** stopped: we asked for it. */
  reason: z.enum(["exited", "stopped"]),
});
export type ExitRecord = z.infer<typeof ExitRecord>;

export type RunStatus =
  | { phase: "starting"; since: string }
  | { phase: "running"; since: string }
  | { phase: "exited"; since: string; exit_code: number | null; signal: string | null }
  | { phase: "stopped"; since: string }
  /** The holder of the terminal is gone and left no exit record. */
  | { phase: "lost"; since: string };

/** What an agent says of itself, or what its terminal shows; `unknown`: whoever told it cannot tell any more. */
export const ACTIVITIES = ["busy", "idle", "waiting", "unknown"] as const;
export type Activity = (typeof ACTIVITIES)[number];

/**
 * Who says so, the best first: its conversation protocol, the agent itself (a hook of its provider), the title or the
 * progress that it gives its terminal, rules about its screen, and whether its terminal moves at all.
 */
export const AUTHORITIES = ["conversation", "agent", "title", "screen", "terminal"] as const;
export type Authority = (typeof AUTHORITIES)[number];

/** What one of them says of an agent, with what it goes by. */
export interface Word {
  readonly activity: Activity;
  /** Since when it says so, ISO 8601. */
  readonly at: string;
  /** When it said so last. */
  readonly confirmed: string;
  readonly authority: Authority;
  /** What the agent waits for, or what the authority adds; may be empty. */
  readonly detail: string;
  /** The rule that matched, or what made the agent say so: for `explain`; may be empty. */
  readonly rule: string;
  /** The text that matched; may be empty. */
  readonly evidence: string;
}

/** The latest of each that has spoken in this run; of title and screen, which one reader tells, the later one. */
export type Words = Readonly<Partial<Record<Authority, Word>>>;
