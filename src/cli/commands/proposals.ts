// proposals: what waits for the operator, and what became of what was decided.

import { statusOf } from "#domain/fleet/fleet.ts";
import { byUrgency } from "#domain/fleet/urgency.ts";
import { painter } from "#modes/print/paint.ts";
import { proposalTable, proposalText } from "#modes/print/proposal-text.ts";
import { proposalRow } from "#modes/json/rows.ts";

import { defineCommand } from "../command.ts";
import { answer } from "../print.ts";
import { warnOfProblems } from "../problems.ts";

export const proposals = defineCommand({
  arguments: [{ name: "id", describe: "show one proposal whole", optional: true, completes: "proposal" }],
  options: {
    all: { type: "boolean", short: "a", describe: "also what is decided, expired or archived" },
    bottle: { type: "string", short: "b", value: "slug", describe: "only those of one bottle", completes: "slug" },
  },
  details: [
    "Pending proposals of all bottles: canaries that were sent, then held requests by their deadline, then the oldest. Nothing that an agent wrote is approved: only the rule is.",
  ],
  examples: ["bottle-dash proposals", "bottle-dash proposals --all --json"],
  async run({ args, options }, context) {
    const console = await context.console();
    const now = context.now();
    const paint = painter(context.color);
    if (args.id !== undefined) {
      const item = await console.proposal(args.id);
      const { dockerfileFor, warningsFor } = await import("../proposal-warnings.ts");
      const warnings = await warningsFor(console, item);
      const dockerfile = await dockerfileFor(console, item);
      answer(context, { ...proposalRow(item, now), warnings }, () =>
        proposalText(item, warnings, now, paint, dockerfile),
      );
      return;
    }
    const fleet = await console.snapshot();
    const known = options.all
      ? merged(await console.history(), fleet.inbox)
      : byUrgency(
          fleet.inbox.filter((item) => statusOf(item, now) === "pending"),
          now,
        );
    const items =
      options.bottle === undefined ? known : known.filter((item) => item.proposal.bottle_slug === options.bottle);
    answer(
      context,
      items.map((item) => proposalRow(item, now)),
      () => proposalTable(items, now, paint),
    );
    warnOfProblems(context, fleet);
  },
});

function merged<Item extends { readonly proposal: { readonly id: string } }>(
  archived: readonly Item[],
  live: readonly Item[],
): Item[] {
  const byId = new Map([...archived, ...live].map((item) => [item.proposal.id, item]));
  return [...byId.values()].toSorted((a, b) => (a.proposal.id < b.proposal.id ? -1 : 1));
}
