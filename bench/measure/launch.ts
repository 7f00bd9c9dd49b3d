// `bottle-dash start` to the first byte that the agent writes on its terminal, isolation proof included.

import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";

import { bottlePaths, rootPaths } from "#lib/paths.ts";

import { bottleDash, plainEnvironment } from "../programs.ts";
import type { Reading } from "../reading.ts";
import { median } from "../statistics.ts";

import { rounds, type Effort } from "./effort.ts";

const run = promisify(execFile);
const FIRST_BYTES = "the agent is up";
const LOOK_EACH_MS = 3;
const PATIENCE_MS = 20_000;

export async function measureLaunch(effort: Effort): Promise<Reading[]> {
  const root = await mkdtemp(join(tmpdir(), "bottle-bench-"));
  try {
    await writeDefinitions(root);
    const taken: number[] = [];
    let mechanism = "";
    for (let round = -1; round < rounds(effort); round += 1) {
      const launch = await launchOnce(root);
      mechanism = launch.mechanism;
      if (round >= 0) taken.push(launch.took);
    }
    return [{ id: "launch.local", value: median(taken), note: mechanism }];
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

async function launchOnce(root: string): Promise<{ took: number; mechanism: string }> {
  const env = plainEnvironment(root);
  const command = (...args: string[]) => run(process.execPath, [bottleDash, ...args], { env });
  const before = new Set(await slugs(root));
  const began = performance.now();
  const started = command("start", "bench", "--yes", "--detach", "--json");
  started.catch(() => {}); // waited for below
  const [at] = await Promise.all([firstBytes(root, before), started]);
  const { slug } = JSON.parse((await started).stdout) as { slug: string };
  const isolation = await readFile(bottlePaths(root, slug).isolation, "utf8").catch(() => "{}");
  await command("stop", slug, "--yes");
  const { mechanism = "local" } = JSON.parse(isolation) as { mechanism?: string };
  return { took: at - began, mechanism };
}

async function firstBytes(root: string, known: ReadonlySet<string>): Promise<number> {
  const until = performance.now() + PATIENCE_MS;
  while (performance.now() < until) {
    for (const slug of (await slugs(root)).filter((name) => !known.has(name))) {
      const text = await readFile(bottlePaths(root, slug).agent.scrollback, "utf8").catch(() => "");
      if (text.includes(FIRST_BYTES)) return performance.now();
    }
    await wait(LOOK_EACH_MS);
  }
  throw new Error("the agent never wrote anything");
}

async function slugs(root: string): Promise<string[]> {
  return readdir(rootPaths(root).state).catch(() => []);
}

async function writeDefinitions(root: string): Promise<void> {
  const { agents, bottles } = rootPaths(root);
  for (const folder of [agents, bottles]) await mkdir(folder, { recursive: true, mode: 0o700 });
  const command = JSON.stringify(["/bin/sh", "-c", `echo ${FIRST_BYTES}; exec cat`]);
  await writeFile(join(bottles, "bench.md"), `---\nagent_provider:\n  template: command\n  command: ${command}\n---\n`);
  await writeFile(join(agents, "bench.md"), "---\nbottle: bench\n---\nWaits.\n");
}
