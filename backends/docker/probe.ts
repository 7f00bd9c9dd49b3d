// Whether a daemon can hold bottles: what it is, what it lacks, and how to get one.

import type { Probe } from "#contracts/backend.ts";
import { BottleError } from "#domain/bottle-error.ts";

import type { Engine, EngineInfo } from "./engine/engine.ts";

/** Never throws. */
export async function probeDocker(engine: Engine): Promise<Probe> {
  try {
    const info = await engine.info();
    return { available: true, version: info.version, mechanism: mechanismOf(info), weaknesses: weaknessesOf(info) };
  } catch (error) {
    if (!(error instanceof BottleError)) return { available: false, why: String(error), hint: "see the message" };
    return { available: false, why: whatOf(error), hint: error.hint ?? "see `docker info`" };
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
      : [
          "root in a container is root of this machine's kernel: run the daemon rootless or with userns-remap to change that",
        ]),
    ...(isOld(info.version) ? [`Docker ${info.version} is no longer maintained: 23 or later is`] : []),
  ];
}

function isOld(version: string): boolean {
  const major = Number(/^(\d+)\./.exec(version)?.[1]);
  return Number.isFinite(major) && major < 23;
}

/** The message without the place and the hint, which stand beside it. */
function whatOf({ message, where, hint }: BottleError): string {
  const start = where === undefined ? 0 : where.length + 2;
  return message.slice(start, hint === undefined ? undefined : -(hint.length + 2));
}
