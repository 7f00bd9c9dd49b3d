// undo: takes back exactly what a decision added.

import { painter } from "#modes/print/paint.ts";
import { undoText } from "#modes/print/proposal-text.ts";

import { defineCommand } from "../command.ts";
import { answer } from "../print.ts";

export const undo = defineCommand({
  arguments: [{ name: "id", describe: "a decided proposal", completes: "proposal" }],
  options: { notes: { type: "string", value: "text", describe: "why, for the audit log" } },
  details: [
    "An approval's route is removed and its live connections are closed; a bottle is made anew from the Dockerfile of before; a rejection's proposal is opened anew. Undoing is a decision itself.",
  ],
  examples: ["bottle-dash undo mfx12k3ab-c4d5e"],
  async run({ args, options }, context) {
    const console = await context.console();
    const made = await console.undo(args.id, options.notes ?? "");
    answer(context, made, () => undoText(made, context.now(), painter(context.color)));
    if (made.applied?.ok === false) return 1;
    return 0;
  },
});
