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

/** What an agent says of itself, or what its terminal shows. */
export type Activity = "busy" | "idle" | "waiting";

/**
 * Who says so, the best first: its conversation protocol, the agent itself (a hook of its provider), the title or the
 * progress that it gives its terminal, rules about its screen, and whether its terminal moves at all.
 */
export const AUTHORITIES = ["conversation", "agent", "title", "screen", "terminal"] as const;
export type Authority = (typeof AUTHORITIES)[number];
