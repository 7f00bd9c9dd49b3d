// Rules that tell an agent's state from its screen, as data: `screen-rules.yml` of a provider. They look at the live bottom
// of the screen; the first that matches decides, and none that matches means that nothing is known.

import * as z from "zod";

import { problemsError } from "#domain/problem/problem.ts";
import { checkYaml } from "#domain/problem/schema-problems.ts";
import { readYaml } from "#domain/yaml-text.ts";

import { MOST_LINES, patternProblem } from "./screen-pattern.ts";

const pattern = z
  .string()
  .min(1, "must not be empty")
  .max(500, "has more than 500 characters")
  .check((context) => {
    const message = patternProblem(context.value);
    if (message !== undefined) context.issues.push({ code: "custom", input: context.value, message });
  });

export const ScreenRule = z.strictObject({
  /** Named in `explain`. */
  id: z.string().regex(/^[a-z][a-z0-9-]*$/, "must be a name such as approval-prompt"),
  state: z.enum(["busy", "idle", "waiting"]),
  /** For `waiting`: what for, in words; `$1` is the first group of `match`. */
  why: z.string().max(200).optional(),
  /** Where it looks: the terminal's title, the progress that it was told (OSC 9;4), or so many lines from the bottom that are not empty. */
  on: z.enum(["title", "progress", "bottom"]),
  lines: z.int().min(1).max(MOST_LINES).default(12),
  /**
   * Regular expressions with the flags `u` and `m` (`^` and `$` are the ends of lines); each must match: the title, the number
   * of the progress, or the lines joined by \n.
   */
  match: z.array(pattern).min(1).max(10),
  /** None of these may match. */
  without: z.array(pattern).max(10).default([]),
});
export type ScreenRule = z.infer<typeof ScreenRule>;

export const ScreenRules = z.strictObject({
  version: z.literal(1),
  /** Versions of the agent that the rules were recorded with. */
  recorded: z.array(z.string()).default([]),
  rules: z.array(ScreenRule).min(1).max(50),
});
export type ScreenRules = z.infer<typeof ScreenRules>;

/** `path` is named in problems. Throws BottleError `invalid`, naming file, line and field. */
export function parseScreenRules(text: string, path: string): ScreenRules {
  const read = readYaml(text, { path });
  if (!read.ok) throw problemsError(read.problems);
  const checked = checkYaml(ScreenRules, read.yaml);
  if (!checked.ok) throw problemsError(checked.problems);
  return checked.value;
}

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
