// What a launch will do, found out before anything is made.

import type { BottleSpec, LaunchPlan } from "#contracts/backend.ts";
import { BottleError } from "#domain/bottle-error.ts";

import type { DockerContext } from "./context.ts";
import type { EngineInfo } from "./engine/engine.ts";
import { checkSource } from "./images/check-source.ts";
import { DEFAULT_PIDS } from "./launch/agent-container.ts";
import { isUserSpaceKernel } from "./launch/kernel-evidence.ts";
import { mechanismOf, weaknessesOf } from "./probe.ts";

/** Creates nothing. Throws `unavailable` or `invalid` where the daemon cannot do what the definition asks for. */
export async function planDocker(spec: BottleSpec, { engine, name }: DockerContext): Promise<LaunchPlan> {
  const info = await engine.info();
  demandRuntime(spec.runtime, info, name);
  demandResources(spec, info, name);
  await checkSource(spec.image);
  return {
    spec,
    mechanism: mechanismOf(info, spec.runtime),
    enforces: enforced(spec, info),
    weaknesses: weaknessesOf(info),
  };
}

function demandRuntime(runtime: string | undefined, { runtimes }: EngineInfo, where: string): void {
  if (runtime === undefined || runtimes.includes(runtime)) return;
  throw new BottleError("unavailable", `the daemon has no runtime ${JSON.stringify(runtime)}`, {
    where,
    hint: `it has ${runtimes.toSorted().join(", ")}: name one of these, or register it in the daemon's daemon.json`,
  });
}

/** The daemon refuses it as well, but in the middle of a launch. */
function demandResources({ resources }: BottleSpec, info: EngineInfo, where: string): void {
  const { cpus, memory } = resources;
  if (cpus !== undefined && info.cpus > 0 && cpus > info.cpus) {
    throw new BottleError("invalid", `${cpus} cpus are more than the daemon's ${info.cpus}`, { where });
  }
  if (memory !== undefined && info.memory > 0 && memory > info.memory) {
    const [asked, has] = [memory, info.memory].map((bytes) => `${Math.round(bytes / 1_048_576)} MiB`);
    throw new BottleError("invalid", `${asked} of memory are more than the daemon's ${has}`, { where });
  }
}

function enforced({ resources, runtime }: BottleSpec, info: EngineInfo): string[] {
  const { cpus, memory, pids = DEFAULT_PIDS } = resources;
  return [
    "a network of its own without a way out: only the egress proxy and what else was put into the bottle is reached",
    // What gVisor's kernel says of itself is no proof, so it is not promised.
    ...(isUserSpaceKernel(runtime)
      ? ["a kernel of its own between it and this machine's (gVisor)"]
      : ["no capabilities, no new privileges, its own user"]),
    "a read-only system: only the home and /tmp are writable",
    ...(info.seccomp && !isUserSpaceKernel(runtime) ? ["system calls filtered by the daemon's profile"] : []),
    `at most ${pids} processes`,
    ...(memory === undefined ? [] : [`at most ${Math.round(memory / 1_048_576)} MiB of memory`]),
    ...(cpus === undefined ? [] : [`at most ${cpus} ${cpus === 1 ? "cpu" : "cpus"}`]),
  ];
}
