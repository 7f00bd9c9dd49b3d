// `bottle-dash start` on docker to the first byte of the agent's, isolation proof included, against the engine's own command
// line starting two containers of the same images, with nothing around them.

import { execFile, spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import { LABEL, namesOf, rootLabel } from "#backends/docker/names.ts";
import { rootPaths } from "#lib/paths.ts";

import { budgets } from "../budgets.ts";
import { docker, whyNoDocker } from "../docker.ts";
import { bottleDash, plainEnvironment } from "../programs.ts";
import type { Reading } from "../reading.ts";
import { interleaved, median } from "../statistics.ts";

import { rounds, type Effort } from "./effort.ts";

const run = promisify(execFile);
const FIRST_BYTES = "the agent is up";
/** What the budget adds to its multiple of the two containers by hand. */
const ALLOWANCE_MS = 1000;

export async function measureDockerLaunch(effort: Effort): Promise<Reading[]> {
  const missing = await whyNoDocker();
  if (missing !== undefined) return [{ id: "launch.docker", unmeasured: missing }];
  const root = await mkdtemp(join(tmpdir(), "bottle-bench-"));
  const bench = new DockerLaunches(root);
  try {
    await bench.writeDefinitions();
    await bench.launch(); // builds the images
    const times = await interleaved(Math.min(7, rounds(effort)), {
      ours: () => bench.launch(),
      hand: () => bench.byHand(),
    });
    const against = median(times.hand) + ALLOWANCE_MS / budgets["launch.docker"].limit.atMost;
    const note = `by hand ${Math.round(median(times.hand))} ms`;
    return [{ id: "launch.docker", value: median(times.ours), against, note }];
  } finally {
    await bench.clear();
    await rm(root, { recursive: true, force: true, maxRetries: 5 });
  }
}

class DockerLaunches {
  readonly #root: string;
  readonly #env: Record<string, string>;
  #images: { readonly agent: string; readonly sidecars: string } | undefined;

  constructor(root: string) {
    this.#root = root;
    this.#env = { ...plainEnvironment(root), DOCKER_HOST: process.env["DOCKER_HOST"] ?? "" };
  }

  async writeDefinitions(): Promise<void> {
    const { agents, bottles } = rootPaths(this.#root);
    for (const folder of [agents, bottles]) await mkdir(folder, { recursive: true, mode: 0o700 });
    const command = JSON.stringify(["/bin/sh", "-c", `echo ${FIRST_BYTES}; exec cat`]);
    const provider = `agent_provider:\n  template: command\n  command: ${command}\n`;
    await writeFile(join(bottles, "bench.md"), `---\nbackend: docker\n${provider}---\n`);
    await writeFile(join(agents, "bench.md"), "---\nbottle: bench\n---\nWaits.\n");
  }

  /** Milliseconds to the first bytes. */
  async launch(): Promise<number> {
    const seen = this.#firstBytes();
    const began = performance.now();
    const started = this.#command("start", "bench", "--yes", "--detach", "--json");
    started.catch(() => seen.stop()); // waited for below
    const at = await seen.at;
    const { slug } = JSON.parse(await started) as { slug: string };
    const { agent, sidecars } = namesOf(slug);
    this.#images ??= { agent: await imageOf(agent), sidecars: await imageOf(sidecars) };
    await this.#command("stop", slug, "--yes");
    await this.#command("cleanup", slug, "--yes", "--force");
    return at - began;
  }

  /** Of the same two images: one that waits, and one that prints at once. */
  async byHand(): Promise<number> {
    const images = this.#images;
    if (images === undefined) throw new Error("there are no images yet");
    const label = `${LABEL.root}=${rootLabel(this.#root)}`;
    const began = performance.now();
    const first = await docker("run", "-d", "--label", label, "--entrypoint", "sleep", images.sidecars, "60");
    const said = await docker("run", "--label", label, "--entrypoint", "echo", images.agent, FIRST_BYTES);
    const took = performance.now() - began;
    if (!said.includes(FIRST_BYTES)) throw new Error(`the container said ${said}`);
    await docker("rm", "-f", first);
    return took;
  }

  /** Whatever an interrupted run left. */
  async clear(): Promise<void> {
    const filter = `label=${LABEL.root}=${rootLabel(this.#root)}`;
    for (const [kind, list, remove] of [
      ["container", ["ps", "-aq"], ["rm", "-fv"]],
      ["network", ["network", "ls", "-q"], ["network", "rm"]],
      ["volume", ["volume", "ls", "-q"], ["volume", "rm", "-f"]],
    ] as const) {
      const ids = (await docker(...list, "--filter", filter)).split("\n").filter((id) => id !== "");
      if (ids.length > 0)
        await docker(...remove, ...ids).catch(() => console.error(`a ${kind} of the benchmark stays`));
    }
  }

  /** Follows the log of the next agent's container from the moment that it is started. */
  #firstBytes(): { at: Promise<number>; stop: () => void } {
    const filters = [`label=${LABEL.root}=${rootLabel(this.#root)}`, `label=${LABEL.role}=agent`, "event=start"];
    const events = spawn("docker", [
      "events",
      ...filters.flatMap((filter) => ["--filter", filter]),
      "--format",
      "{{.ID}}",
    ]);
    let logs: ReturnType<typeof spawn> | undefined;
    const stop = (): void => {
      events.kill();
      logs?.kill();
    };
    const at = new Promise<number>((resolve, reject) => {
      events.once("exit", () => {
        if (logs === undefined) reject(new Error("the agent's container was never started"));
      });
      events.stdout.once("data", (id: Buffer) => {
        logs = spawn("docker", ["logs", "-f", id.toString().trim()]);
        let said = "";
        logs.stdout?.on("data", (chunk: Buffer) => {
          said += chunk.toString();
          if (said.includes(FIRST_BYTES)) resolve(performance.now());
        });
        logs.once("exit", () => reject(new Error(`the agent ended and said ${JSON.stringify(said)}`)));
      });
    });
    at.catch(() => {}); // waited for by the caller
    return { at: at.finally(stop), stop };
  }

  async #command(...args: string[]): Promise<string> {
    return (await run(process.execPath, [bottleDash, ...args], { env: this.#env })).stdout;
  }
}

async function imageOf(container: string): Promise<string> {
  return docker("inspect", "--format", "{{.Image}}", container);
}
