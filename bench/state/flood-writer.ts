// The process behind startFlood: writes log lines at a steady rate through the same code as the guest agent, until its
// input ends.

import { openLog } from "#lib/log-file.ts";
import { bottlePaths } from "#lib/paths.ts";

import type { FloodOptions } from "./log-flood.ts";

const TICK_MS = 10;

const { root, slugs, linesPerSecond } = JSON.parse(process.argv[2] ?? "{}") as FloodOptions;
const logs = slugs.map((slug) => openLog(bottlePaths(root, slug).logs.of("agent"), "agent"));
const began = performance.now();
let written = 0;

const timer = setInterval(() => {
  const due = Math.floor(((performance.now() - began) / 1000) * linesPerSecond);
  for (; written < due; written += 1) {
    logs[written % logs.length]?.write(
      `flood ${written} compiled src/module-${written % 977}.ts in ${written % 40} ms`,
      new Date(),
    );
  }
}, TICK_MS);

process.stdin.on("end", () => {
  clearInterval(timer);
  void Promise.all(logs.map((log) => log.close()));
});
process.stdin.resume();
