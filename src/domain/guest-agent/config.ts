// What the guest agent gets on its standard input: one line of configuration, then, once the bottle is proved, one that
// says to stay. An input that ends before the second line means that the launcher is gone, and ends everything.

import * as z from "zod";

export const GuestAgentConfig = z.strictObject({
  slug: z.string(),
  /** The operator's root folder, absolute. */
  root: z.string(),
  /** The command that makes the sandbox and runs the entrypoint in it. */
  argv: z.array(z.string()).min(1),
  /** The whole environment of that command; the agent's own comes later, over the boot socket. */
  env: z.record(z.string(), z.string()),
  cols: z.int().min(1).max(1000),
  rows: z.int().min(1).max(1000),
});
export type GuestAgentConfig = z.infer<typeof GuestAgentConfig>;

export const GuestAgentOrder = z.strictObject({ stay: z.literal(true) });
export type GuestAgentOrder = z.infer<typeof GuestAgentOrder>;
