// doctor: what this machine has of what bottles need, and what to do about the rest.

import type { DoctorItem } from "#contracts/console.ts";
import { doctorTable } from "#modes/print/doctor-table.ts";
import { painter } from "#modes/print/paint.ts";

import { defineCommand, type ExitCode } from "../command.ts";
import { answer } from "../print.ts";

export const doctor = defineCommand({
  arguments: [],
  options: {},
  details: ["Exits 4 when no backend works here, and 1 when something else that is needed is missing."],
  examples: ["bottle-dash doctor", "bottle-dash doctor --json | jq '.[] | select(.state != \"ok\")'"],
  async run(_input, context) {
    const items = await (await context.console()).doctor();
    answer(context, items, () => doctorTable(items, painter(context.color)));
    return exitCode(items);
  },
});

function exitCode(items: readonly DoctorItem[]): ExitCode {
  const backends = items.filter((item) => item.probe !== undefined);
  if (!backends.some((item) => item.probe?.available === true)) return 4;
  return items.some((item) => item.probe === undefined && item.state === "missing") ? 1 : 0;
}
