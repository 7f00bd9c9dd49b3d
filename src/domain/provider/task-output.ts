// How to read what an agent prints while it works on a task without a screen: data, so that contributed providers have it too.

import * as z from "zod";

/** A dotted path into a JSON value; `*` goes through all members of a list, whose texts are joined. */
const path = z
  .string()
  .regex(/^(?:[A-Za-z_][A-Za-z0-9_]*|\*)(?:\.(?:[A-Za-z_][A-Za-z0-9_]*|\*))*$/, "must be a path such as item.text");

const LineRule = z.strictObject({
  /** Paths and the texts that must stand there. */
  when: z.record(path, z.union([z.string(), z.boolean()])),
  /** Where the text is. */
  take: path,
  /** message: what the agent says, the last of which is its answer. note: shown, no answer. error: why it failed. */
  as: z.enum(["message", "note", "error"]),
});
export type LineRule = z.infer<typeof LineRule>;

export const TaskOutput = z.discriminatedUnion("format", [
  /** All that it prints is its answer. */
  z.strictObject({ format: z.literal("text") }),
  /** A JSON object a line; lines that no rule is about are not shown. */
  z.strictObject({ format: z.literal("jsonl"), rules: z.array(LineRule).min(1) }),
]);
export type TaskOutput = z.infer<typeof TaskOutput>;

/** `state/<slug>/agent/result.json`: the answer of an agent that was given a task, as it handed it in. */
export const TaskResult = z.strictObject({
  at: z.iso.datetime(),
  /** Plain text with line breaks; empty when it said nothing. */
  message: z.string(),
  /** The message was longer than is kept. */
  cut: z.boolean(),
});
export type TaskResult = z.infer<typeof TaskResult>;
