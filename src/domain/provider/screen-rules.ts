// Rules that tell an agent's state from its screen, as data: `screen-rules.yml` of a provider. They look at the live bottom
// of the screen; the first that matches decides, and none that matches means that nothing is known.

import * as z from "zod";

const pattern = z.string().min(1).max(500);

export const ScreenRule = z.strictObject({
  /** Named in `explain`. */
  id: z.string().regex(/^[a-z][a-z0-9-]*$/, "must be a name such as approval-prompt"),
  state: z.enum(["busy", "idle", "waiting"]),
  /** For `waiting`: what for, in words; `$1` is the first group of `match`. */
  why: z.string().max(200).optional(),
  /** Where it looks: the terminal's title, the progress that it was told (OSC 9;4), or so many lines from the bottom that are not empty. */
  on: z.enum(["title", "progress", "bottom"]),
  lines: z.int().min(1).max(50).default(12),
  /** Regular expressions without flags but `u`; each must match, on one line or, for `bottom`, on the lines joined by \n. */
  match: z.array(pattern).min(1),
  /** None of these may match. */
  without: z.array(pattern).default([]),
});
export type ScreenRule = z.infer<typeof ScreenRule>;

export const ScreenRules = z.strictObject({
  version: z.literal(1),
  /** Versions of the agent that the rules were recorded with. */
  recorded: z.array(z.string()).default([]),
  rules: z.array(ScreenRule).min(1).max(50),
});
export type ScreenRules = z.infer<typeof ScreenRules>;

/** What is looked at: plain text. */
export interface ScreenView {
  /** From the top; trailing blanks are cut. */
  readonly lines: readonly string[];
  readonly title: string;
  /** The last OSC 9;4 state: 0 none, 1 normal, 2 error, 3 indeterminate, 4 warning; undefined when there was none. */
  readonly progress: number | undefined;
}

export interface ScreenVerdict {
  readonly state: ScreenRule["state"];
  readonly rule: string;
  readonly authority: "title" | "screen";
  /** For `waiting`: what for; else empty. */
  readonly why: string;
  /** The text that matched, at most 200 characters. */
  readonly evidence: string;
}
