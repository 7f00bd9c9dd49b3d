// How soon something stands on the screen, and how soon a command has answered, beside the bare runtime.

import { bottleDash, plainEnvironment, timeToExit } from "../programs.ts";
import type { Reading } from "../reading.ts";
import { rootWithBottles, type BenchRoot } from "../state/root-folder.ts";
import { interleaved, median } from "../statistics.ts";
import { openTerminalProgram } from "../terminal-program.ts";

import { rounds, type Effort } from "./effort.ts";

const BOTTLES = 10;

export async function measureStart(effort: Effort): Promise<Reading[]> {
  const state = await rootWithBottles(BOTTLES);
  const env = plainEnvironment(state.root);
  try {
    const times = await interleaved(rounds(effort), {
      floor: () => timeToExit(["-e", "0"], env),
      headless: () => timeToExit([bottleDash, "list", "--json"], env),
      floorInTerminal: () => inTerminal(["-e", "process.stdout.write('bench-frame')"], env, ["bench-frame"]),
      frame: () => inTerminal([bottleDash], env, state.slugs),
    });
    return [
      { id: "start.first-frame", value: median(times.frame), against: median(times.floorInTerminal) },
      { id: "start.headless", value: median(times.headless), against: median(times.floor) },
    ];
  } finally {
    await state.remove();
  }
}

/** To the write after which the screen shows every slug. */
async function inTerminal(
  args: readonly string[],
  env: Record<string, string>,
  shown: BenchRoot["slugs"],
): Promise<number> {
  const began = performance.now();
  const program = openTerminalProgram({ args, env, cols: 120, rows: 40 });
  try {
    const at = await program.until(
      (lines) => shown.every((slug) => lines.some((line) => line.includes(slug))),
      "first frame",
    );
    return at - began;
  } finally {
    await program.close();
  }
}
