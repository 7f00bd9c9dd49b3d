// One Docker daemon that we talk to, and what the rest of this backend knows of it.

import type Dockerode from "dockerode";

export interface Engine {
  readonly docker: Dockerode;
  /** As the fleet shows it. */
  readonly host: string;
  /** Asked once. Throws BottleError `unavailable` saying why and what to do. */
  info(): Promise<EngineInfo>;
}

export interface EngineInfo {
  readonly version: string;
  /** Names of OCI runtimes. */
  readonly runtimes: readonly string[];
  /** The daemon runs without root: uid 0 in a container is the operator. */
  readonly rootless: boolean;
  /** The daemon maps uids of containers (userns-remap). */
  readonly remapped: boolean;
  /** Whether tini is there for `Init: true`. */
  readonly hasInit: boolean;
  readonly architecture: string;
  readonly cpus: number;
  /** Bytes. */
  readonly memory: number;
}
