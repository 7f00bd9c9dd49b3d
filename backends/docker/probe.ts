// Whether a daemon can hold bottles: what it is, what it lacks, and how to get one.

import type { Probe } from "#contracts/backend.ts";

import type { Engine, EngineInfo } from "./engine/engine.ts";
import { notAvailable } from "./not-available.ts";

/** Never throws. */
export async function probeDocker(engine: Engine): Promise<Probe> {
  try {
    const info = await engine.info({ anew: true });
    return { available: true, version: info.version, mechanism: mechanismOf(info), weaknesses: weaknessesOf(info) };
  } catch (error) {
    return notAvailable(error);
  }
}

export function mechanismOf({ version, runtimes }: EngineInfo, runtime?: string): string {
  const run = runtime === undefined ? runtimes.toSorted().join(", ") : runtime;
  return `docker ${version}${run === "" ? "" : ` (${run})`}`;
}

export function weaknessesOf(info: EngineInfo): string[] {
  return [
    ...(info.seccomp ? [] : ["the daemon filters no system calls: it was built or started without seccomp"]),
    ...(info.hasInit ? [] : ["the daemon has no docker-init: a shell reaps the agent's orphans instead"]),
    ...(info.rootless || info.remapped
      ? []
      : ["uid 1000 in a bottle is uid 1000 here: the daemon neither runs rootless nor maps users (userns-remap)"]),
    ...(isOld(info.version) ? [`Docker ${info.version} is no longer maintained: 23 or later is`] : []),
  ];
}

function isOld(version: string): boolean {
  const major = Number(/^(\d+)\./.exec(version)?.[1]);
  return Number.isFinite(major) && major < 23;
}
