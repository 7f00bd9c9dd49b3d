// How long a key takes to the frame that shows what it did, while nothing happens and while logs pour in.

import { setTimeout as wait } from "node:timers/promises";

import { markedRow, openDashboard, shows, TAB } from "../dashboard.ts";
import type { Reading } from "../reading.ts";
import { startFlood } from "../state/log-flood.ts";
import { runningBottles } from "../state/running-bottles.ts";
import { percentile } from "../statistics.ts";
import type { TerminalProgram } from "../terminal-program.ts";

import type { Effort } from "./effort.ts";

const BOTTLES = 20;
const LOUD = 8;
const LINES_A_SECOND = 10_000;

export async function measureKeyLatency({ short }: Effort): Promise<Reading[]> {
  const keys = short ? 30 : 100;
  const bottles = await runningBottles(BOTTLES);
  try {
    const dashboard = await openDashboard(bottles.root, bottles.slugs);
    try {
      const idle = await latencies(dashboard, keys);
      dashboard.press(TAB.logs);
      const flood = startFlood({
        root: bottles.root,
        slugs: bottles.slugs.slice(0, LOUD),
        linesPerSecond: LINES_A_SECOND,
      });
      try {
        await dashboard.until((lines) => shows(lines, "flood "), "the flood");
        const loud = await latencies(dashboard, keys);
        return [
          { id: "key.latency", value: percentile(idle, 0.95), note: `p50 ${percentile(idle, 0.5).toFixed(0)} ms` },
          {
            id: "key.latency.flood",
            value: percentile(loud, 0.95),
            note: `p50 ${percentile(loud, 0.5).toFixed(0)} ms`,
          },
        ];
      } finally {
        await flood.stop();
      }
    } finally {
      await dashboard.close();
    }
  } finally {
    await bottles.remove();
  }
}

/** Moves the cursor down and up among the first bottles, at uneven intervals as people do. */
async function latencies(dashboard: TerminalProgram, count: number): Promise<number[]> {
  const taken: number[] = [];
  for (let index = 0; index < count; index += 1) {
    await wait(120 + (index % 7) * 13);
    const before = markedRow(dashboard.lines());
    const pressed = performance.now();
    dashboard.press(index % 2 === 0 ? "j" : "k");
    const at = await dashboard.until(
      (lines) => markedRow(lines) !== before && markedRow(lines) !== -1,
      "a moved cursor",
      3000,
    );
    taken.push(at - pressed);
  }
  return taken;
}
