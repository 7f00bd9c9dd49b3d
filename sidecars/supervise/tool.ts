// What a tool is: a name, what it takes, and what it answers. One file each in tools/, and one line in the registry.

import type * as z from "zod";

import type { BottlePaths } from "#lib/paths.ts";
import type { QueueOf } from "#lib/store/queue-files.ts";

export interface ToolContext {
  readonly of: QueueOf;
  readonly paths: BottlePaths;
  readonly now: () => Date;
  /** Takes the bottle's own secrets out of what an agent says. */
  readonly redact: (text: string) => string;
  /** How long a call may wait for the operator. */
  readonly waitMs: number;
  /** Aborts when the caller is gone, or the daemon stops: a wait then ends as pending. */
  readonly signal: AbortSignal;
  /** The proposals whose final answer an agent has received. */
  readonly read: ReadonlySet<string>;
  /** To be called with a proposal whose final answer is in the result. */
  readonly answered: (id: string) => void;
}

export interface Tool {
  readonly name: string;
  readonly title: string;
  /** For the agent: when to use it, and what comes back. */
  readonly description: string;
  readonly input: z.ZodType;
  /** Changes nothing. */
  readonly readOnly: boolean;
  /** The text of the answer; a BottleError becomes a tool error. `args` are what `input` made of the agent's. */
  readonly run: (args: unknown, context: ToolContext) => Promise<string>;
}

/** Ties `run` to the type of what `input` lets through. */
export function defineTool<Input extends z.ZodType>(
  tool: Omit<Tool, "input" | "run"> & {
    readonly input: Input;
    readonly run: (args: z.infer<Input>, context: ToolContext) => Promise<string>;
  },
): Tool {
  // Only what passed `input` comes here: the server checks it first.
  return { ...tool, run: (args, context) => tool.run(args as z.infer<Input>, context) };
}
