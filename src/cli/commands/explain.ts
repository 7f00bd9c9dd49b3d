// explain: why a bottle's state is what it is, and by whose word.

import { explainText } from "#modes/print/explain-text.ts";
import { painter } from "#modes/print/paint.ts";

import { defineCommand } from "../command.ts";
import { answer } from "../print.ts";

export const explain = defineCommand({
  arguments: [{ name: "slug", describe: "a bottle", completes: "slug" }],
  options: {},
  details: [
    "One authority decides for each agent, the best that has spoken in this run: its conversation protocol, the agent itself by a hook, the title or the progress of its terminal, what is on its screen, and last whether the terminal moves. Shown are its rule, the text that matched, and when it was last confirmed; then what the others say, and the bottom of the screen as it is now.",
    "A state that nothing confirms any more is unknown, never a guess.",
  ],
  examples: ["bottle-dash explain reviewer-k3x9a", "bottle-dash explain reviewer-k3x9a --json"],
  async run({ args }, context) {
    const explained = await (await context.console()).explain(args.slug);
    answer(context, explained, () => explainText(explained, context.now(), painter(context.color)));
  },
});
