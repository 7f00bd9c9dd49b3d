// `bottle-dash` alone: the dashboard in a terminal, else the report of `list` and `proposals`, once.

import { statusOf } from "#domain/fleet/fleet.ts";
import { listRow, proposalRow } from "#modes/json/rows.ts";
import { bottleTable } from "#modes/print/bottle-table.ts";
import { painter } from "#modes/print/paint.ts";
import { proposalTable } from "#modes/print/proposal-text.ts";

import type { CommandContext, ExitCode } from "./command.ts";
import { answer } from "./print.ts";
import { warnOfProblems } from "./problems.ts";
import { hasTerminal } from "./terminal.ts";

export async function openOrReport(context: CommandContext): Promise<ExitCode> {
  if (hasTerminal(context) && !context.json && context.env["TERM"] !== "dumb") return context.openDashboard({});
  const console = await context.console();
  const fleet = await console.snapshot();
  const now = context.now();
  const paint = painter(context.color);
  const pending = fleet.inbox.filter((item) => statusOf(item, now) === "pending");
  const report = { bottles: fleet.bottles.map(listRow), proposals: pending.map((item) => proposalRow(item, now)) };
  answer(context, report, () => `${bottleTable(fleet.bottles, now, paint)}\n\n${proposalTable(pending, now, paint)}`);
  warnOfProblems(context, fleet);
  return 0;
}
