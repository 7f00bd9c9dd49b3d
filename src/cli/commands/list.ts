// list: the bottles there are, the agents that can be started, or both.

import { agentTable, bottleTable } from "#modes/print/bottle-table.ts";
import { painter } from "#modes/print/paint.ts";
import { availableRow, listRow } from "#modes/json/rows.ts";

import { defineCommand } from "../command.ts";
import { answer } from "../print.ts";
import { warnOfProblems } from "../problems.ts";

export const list = defineCommand({
  arguments: [
    {
      name: "what",
      describe: "active (default), available or all",
      optional: true,
      choices: ["active", "available", "all"],
    },
  ],
  options: {},
  details: [
    "active: every bottle that was not cleaned up, running or ended. available: the agents that `start` takes. all: both.",
  ],
  examples: ["bottle-dash list", "bottle-dash list available", "bottle-dash list --json | jq -r '.[].slug'"],
  async run({ args }, context) {
    const console = await context.console();
    const fleet = args.what === "available" ? undefined : await console.snapshot();
    const agents = args.what === "available" || args.what === "all" ? await console.agents() : undefined;
    const paint = painter(context.color);
    const rows = [...(fleet?.bottles.map(listRow) ?? []), ...(agents?.map(availableRow) ?? [])];
    answer(context, rows, () =>
      [
        ...(fleet === undefined ? [] : [bottleTable(fleet.bottles, context.now(), paint, fleet.problems)]),
        ...(agents === undefined ? [] : [agentTable(agents, paint)]),
      ].join("\n\n"),
    );
    if (fleet !== undefined) warnOfProblems(context, fleet);
  },
});
