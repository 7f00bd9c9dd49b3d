// `npm run bench [-- --short] [-- --only start.headless,idle.cpu]`: measures, prints the table, writes results/latest.json.
// `npm run bench -- --setup` first installs what we compare ourselves with (Debian's mitmproxy, as root).

import { parseArgs } from "node:util";

import { isBenchId, type BenchId } from "./budgets.ts";
import type { Effort } from "./measure/effort.ts";
import { measurements } from "./measure/measurements.ts";
import { judge, type Reading } from "./reading.ts";
import { keepResults, table } from "./report.ts";
import { installRivals } from "./rivals.ts";

const { values } = parseArgs({
  options: {
    short: { type: "boolean", default: false },
    only: { type: "string" },
    setup: { type: "boolean", default: false },
  },
});
if (values.setup) installRivals();
const wanted = values.only?.split(",");
const unknown = wanted?.find((id) => !isBenchId(id));
if (unknown !== undefined) {
  console.error(
    `bench: there is no measurement ${unknown}; there are: ${measurements.flatMap(({ ids }) => ids).join(", ")}`,
  );
  process.exit(2);
}

const effort: Effort = { short: values.short };
const readings: Reading[] = [];
for (const { ids, load } of measurements) {
  const asked = ids.filter((id) => wanted?.includes(id) ?? true);
  if (asked.length === 0) continue;
  process.stderr.write(`measuring ${asked.join(", ")} …\n`);
  const found = await (await load())(effort).catch((error: unknown) => allUnmeasured(asked, error));
  readings.push(...found.filter(({ id }) => asked.includes(id)));
}
const results = readings.map(judge);
console.log(table(results));
console.log(`written to ${await keepResults(results)}`);

function allUnmeasured(ids: readonly BenchId[], error: unknown): Reading[] {
  const unmeasured = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${unmeasured}\n`);
  return ids.map((id) => ({ id, unmeasured: unmeasured.split("\n")[0]! }));
}
