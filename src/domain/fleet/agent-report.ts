// `state/<slug>/agent/state.json`: what an agent last said of itself, by a hook of its provider (POST /state on supervise).

import * as z from "zod";

export const AgentReport = z.strictObject({
  state: z.enum(["busy", "idle", "waiting"]),
  /** The agent's words, plain text; may be empty. */
  detail: z.string().default(""),
  at: z.iso.datetime(),
});
export type AgentReport = z.infer<typeof AgentReport>;
