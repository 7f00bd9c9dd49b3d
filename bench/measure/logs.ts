// Following a log: how many lines a second are taken in, what that does to memory, and what one line costs to draw.

import { closeSync, openSync, writeSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";

import { bottlePaths } from "#lib/paths.ts";

import { openDashboard, shows, TAB } from "../dashboard.ts";
import { residentMemory } from "../process-figures.ts";
import type { Reading } from "../reading.ts";
import { runningBottles, type RunningBottles } from "../state/running-bottles.ts";
import { median } from "../statistics.ts";
import type { TerminalProgram } from "../terminal-program.ts";

import type { Effort } from "./effort.ts";

const FLOOD_LINES = 2_000_000;
const BLOCK_LINES = 5000;
const POURED_A_SECOND = 320_000;
const LEAST_FRAMES_A_SECOND = 25;

export async function measureLogs({ short }: Effort): Promise<Reading[]> {
  const bottles = await runningBottles(1);
  try {
    const dashboard = await openDashboard(bottles.root, bottles.slugs);
    try {
      dashboard.press(TAB.logs);
      await wait(1000);
      return [await lineBytes(dashboard, bottles, short ? 5 : 15), ...(await flood(dashboard, bottles))];
    } finally {
      await dashboard.close();
    }
  } finally {
    await bottles.remove();
  }
}

/** Each new line moves all that are shown: what is written is compared with the rows that are different afterwards. */
async function lineBytes(dashboard: TerminalProgram, bottles: RunningBottles, count: number): Promise<Reading> {
  const log = openSync(logOf(bottles), "a");
  const written: number[] = [];
  const needed: number[] = [];
  try {
    for (let index = 0; index < count + 60; index += 1) {
      const before = dashboard.lines();
      const bytes = dashboard.bytes();
      const text = `one more line, number ${index}, of a usual length for what an agent says`;
      writeSync(log, logLine(text));
      await dashboard.until((lines) => shows(lines, `number ${index},`), "the new line", 3000);
      await wait(60); // a second write for the same line counts as well
      if (index < 60) continue; // the pane is full first
      written.push(dashboard.bytes() - bytes);
      const changed = dashboard.lines().filter((line, row) => line !== before[row]);
      needed.push(changed.reduce((sum, line) => sum + Buffer.byteLength(line), 0));
    }
  } finally {
    closeSync(log);
  }
  return { id: "frame.bytes", value: median(written), against: median(needed) };
}

/** As fast as it is asked for: a little over the budget, so that the frames are counted under the load that is promised. */
async function flood(dashboard: TerminalProgram, bottles: RunningBottles): Promise<Reading[]> {
  const log = openSync(logOf(bottles), "a");
  const before = residentMemory(dashboard.pid);
  let most = before;
  const sampler = setInterval(() => (most = Math.max(most, residentMemory(dashboard.pid))), 100);
  try {
    const [began, frames] = [performance.now(), dashboard.frames()];
    await pour(log, began);
    const ended = await dashboard.until((lines) => shows(lines, `flood ${FLOOD_LINES - 1} `), "the last line", 120_000);
    const seconds = (ended - began) / 1000;
    const rate = (dashboard.frames() - frames) / seconds;
    const told = `${rate.toFixed(0)} frames a second`;
    const value = FLOOD_LINES / seconds;
    return [
      rate < LEAST_FRAMES_A_SECOND
        ? { id: "log.throughput", value, missed: told }
        : { id: "log.throughput", value, note: told },
      { id: "mem.flood", value: most - before, note: `from ${before.toFixed(0)} MB to the highest seen` },
    ];
  } finally {
    clearInterval(sampler);
    closeSync(log);
  }
}

/** Cheaply made: the machine has two cores, and one is the dashboard's. */
async function pour(log: number, began: number): Promise<void> {
  const head = logLine("flood ").slice(0, -'"}\n'.length);
  for (let start = 0; start < FLOOD_LINES; start += BLOCK_LINES) {
    let block = "";
    for (let index = 0; index < BLOCK_LINES; index += 1)
      block += `${head}${start + index} of many, the usual length of a line"}\n`;
    writeSync(log, block);
    const due = began + ((start + BLOCK_LINES) / POURED_A_SECOND) * 1000;
    await wait(Math.max(0, due - performance.now()));
  }
}

function logOf({ root, slugs }: RunningBottles): string {
  return bottlePaths(root, slugs[0]!).logs.of("egress");
}

function logLine(text: string): string {
  return `${JSON.stringify({ at: new Date().toISOString(), source: "egress", text })}\n`;
}
