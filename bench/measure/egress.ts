// The egress proxy by itself: start to its ready line, and its memory once nothing happens.

import { spawn } from "node:child_process";
import { setTimeout as wait } from "node:timers/promises";

import { READY_LINE } from "#domain/sidecars/bundle.ts";

import { residentMemory } from "../process-figures.ts";
import { plainEnvironment, sidecar, timeToExit } from "../programs.ts";
import type { Reading } from "../reading.ts";
import { rootWithBottles } from "../state/root-folder.ts";
import { interleaved, median } from "../statistics.ts";

import { rounds, type Effort } from "./effort.ts";

const SETTLED_MS = 2000;

export async function measureEgress(effort: Effort): Promise<Reading[]> {
  const state = await rootWithBottles(1);
  const env = plainEnvironment(state.root);
  const args = [sidecar("egress"), "--root", state.root, "--slug", state.slugs[0]!];
  const memory: number[] = [];
  try {
    const times = await interleaved(rounds(effort), {
      floor: () => timeToExit(["-e", "0"], env),
      ready: async () => (await startedOnce(args, env)).took,
    });
    for (let round = 0; round < 5; round += 1) memory.push((await startedOnce(args, env, SETTLED_MS)).memory);
    return [
      { id: "egress.start", value: median(times.ready), against: median(times.floor), note: "the CA stands already" },
      { id: "egress.rss", value: median(memory) },
    ];
  } finally {
    await state.remove();
  }
}

/** Starts it, waits for the ready line and then `settleMs`, and ends it by its standard input. */
async function startedOnce(
  args: readonly string[],
  env: Record<string, string>,
  settleMs = 0,
): Promise<{ took: number; memory: number }> {
  const began = performance.now();
  const child = spawn(process.execPath, [...args], { env, stdio: ["pipe", "pipe", "inherit"] });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const ready = new Promise<number>((resolve, reject) => {
    let said = "";
    child.stdout.on("data", (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes(READY_LINE)) resolve(performance.now());
    });
    void ended.then(() => reject(new Error("the egress proxy ended before it was ready")));
  });
  try {
    const took = (await ready) - began;
    await wait(settleMs);
    return { took, memory: residentMemory(child.pid!) };
  } finally {
    child.stdin.end();
    const timer = setTimeout(() => child.kill("SIGKILL"), 3000);
    await ended;
    clearTimeout(timer);
  }
}
