// What the wrapper around an agent with a task is told (sidecars/task): a file in the bottle's home, with nothing secret in it.

import * as z from "zod";

import { TaskOutput } from "./task-output.ts";

/** Below the home. */
export const TASK_CONFIG = ".config/bottle/task.json";

export const TaskConfig = z.strictObject({
  version: z.literal(1),
  output: TaskOutput,
  /** Where it says that it works and what came of it; null for a bottle without supervise. */
  supervise: z.strictObject({ state: z.url(), result: z.url() }).nullable(),
});
export type TaskConfig = z.infer<typeof TaskConfig>;

/** What supervise takes at `/result`. */
export const SaidResult = z.object({ message: z.string(), cut: z.boolean().default(false) });
export type SaidResult = z.input<typeof SaidResult>;

/** Of a message, in bytes of UTF-8. */
export const MOST_MESSAGE_BYTES = 262_144;
