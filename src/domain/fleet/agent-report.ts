// `state/<slug>/agent/state.json`: what an agent last said of itself, by a hook of its provider (POST /state on supervise).

import * as z from "zod";

export const AgentReport = z.strictObject({
  state: z.enum(["busy", "idle", "waiting"]),
  /** The agent's words, plain text; may be empty. */
  detail: z.string().default(""),
  /** What made it say so, such as the name of a hook: for `explain`. */
  event: z.string().max(80).default(""),
  at: z.iso.datetime(),
  /** Since when it has said this state without a break: reports are repeated. */
  since: z.iso.datetime().optional(),
});
export type AgentReport = z.infer<typeof AgentReport>;
