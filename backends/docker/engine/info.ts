// What a daemon says of itself.

import type Dockerode from "dockerode";
import * as z from "zod";

import type { EngineInfo } from "./engine.ts";

/** Patience with a daemon that accepts a connection and says nothing, in milliseconds. */
const PATIENCE_MS = 10_000;

const Info = z.looseObject({
  ServerVersion: z.string().default("unknown"),
  Runtimes: z.record(z.string(), z.unknown()).nullish(),
  SecurityOptions: z.array(z.string()).nullish(),
  InitBinary: z.string().nullish(),
  InitCommit: z.looseObject({ ID: z.string().nullish() }).nullish(),
  Architecture: z.string().default(""),
  OSType: z.string().default("linux"),
  NCPU: z.number().default(0),
  MemTotal: z.number().default(0),
});

export async function readInfo(docker: Dockerode): Promise<EngineInfo> {
  return toEngineInfo(await answer(docker, AbortSignal.timeout(PATIENCE_MS)));
}

/** `/info` as the daemon answers it. */
export function toEngineInfo(answered: unknown): EngineInfo {
  const info = Info.parse(answered);
  const options = info.SecurityOptions ?? [];
  const has = (name: string): boolean => options.some((option) => option.split(",").includes(`name=${name}`));
  return {
    version: info.ServerVersion,
    // Those that containerd brings by itself are the same ones under their long names.
    runtimes: Object.keys(info.Runtimes ?? {}).filter((name) => !name.startsWith("io.containerd.")),
    rootless: has("rootless"),
    remapped: has("userns"),
    hasInit: (info.InitBinary ?? "") !== "",
    seccomp: has("seccomp"),
    architecture: info.Architecture,
    cpus: info.NCPU,
    memory: info.MemTotal,
  };
}

/** It takes options too (dockerode 5), which its types do not know. */
async function answer(docker: Dockerode, signal: AbortSignal): Promise<unknown> {
  const ask: (options: object) => Promise<unknown> = docker.info.bind(docker);
  return ask({ abortSignal: signal });
}
