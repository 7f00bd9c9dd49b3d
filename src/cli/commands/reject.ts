// reject: says no to one proposal, with a reason that the agent reads.

import { BottleError } from "#domain/bottle-error.ts";
import { painter } from "#modes/print/paint.ts";
import { decisionText } from "#modes/print/proposal-text.ts";

import { askText, canAsk } from "../ask.ts";
import { defineCommand, type CommandContext } from "../command.ts";
import { answer } from "../print.ts";

export const reject = defineCommand({
  arguments: [{ name: "id", describe: "a pending proposal", completes: "proposal" }],
  options: { reason: { type: "string", short: "r", value: "text", describe: "why; the agent reads it" } },
  details: ["Without --reason it is asked for in a terminal."],
  examples: ["bottle-dash reject mfx12k3ab-c4d5e --reason 'use the mirror instead'"],
  async run({ args, options }, context) {
    const console = await context.console();
    const { proposal } = await console.proposal(args.id);
    const reason = await reasonFrom(options.reason, context);
    const made = await console.reject(args.id, { digest: proposal.digest, reason });
    answer(context, made, () => decisionText(made, context.now(), painter(context.color)));
  },
});

async function reasonFrom(given: string | undefined, context: CommandContext): Promise<string> {
  const reason =
    given ?? (canAsk(context) && !context.json ? await askText(context, "Reason, for the agent to read: ") : "");
  if (reason.trim() !== "") return reason.trim();
  throw new BottleError("usage", "a rejection needs a reason", {
    hint: "say why with --reason <text>; the agent reads it",
  });
}
