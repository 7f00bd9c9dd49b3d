// The shape that `explain --json` prints.

import * as z from "zod";

import { ACTIVITIES, AUTHORITIES } from "#domain/fleet/run-status.ts";

import { ListRow } from "./schemas.ts";

/** `explain`: why a bottle's state is what it is. */
export const Explained = z.strictObject({
  slug: z.string(),
  state: ListRow.shape.state,
  since: z.string(),
  /** What it waits for, or why nothing is known; may be empty. */
  why: z.string(),
  by: z.enum(["backend", "proposal", ...AUTHORITIES, "nobody"]),
  /** The rule that matched, or the event of the agent's own; may be empty. */
  rule: z.string(),
  evidence: z.string(),
  confirmed_at: z.string().nullable(),
  /** All that was said in this run, the best authority first. */
  words: z.array(
    z.strictObject({
      activity: z.enum(ACTIVITIES),
      at: z.string(),
      confirmed: z.string(),
      authority: z.enum(AUTHORITIES),
      detail: z.string(),
      rule: z.string(),
      evidence: z.string(),
    }),
  ),
  /** As it is now; null where nothing runs. */
  screen: z
    .strictObject({
      title: z.string(),
      progress: z.int().nullable(),
      bottom: z.array(z.string()),
      rules: z.int().nullable(),
      matches: z
        .strictObject({
          state: z.enum(["busy", "idle", "waiting"]),
          rule: z.string(),
          authority: z.enum(["title", "screen"]),
          why: z.string(),
          evidence: z.string(),
        })
        .nullable(),
    })
    .nullable(),
});
