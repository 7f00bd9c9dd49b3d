// One Docker daemon that we talk to, and what the rest of this backend knows of it.

import type Dockerode from "dockerode";

export interface Engine {
  readonly docker: Dockerode;
  /** As the fleet shows it. */
  readonly host: string;
  /** Where it listens, for people, such as unix:///var/run/docker.sock. */
  readonly address: string;
  /** Whether its socket is on this machine; whether it shares our files is found out by trying. */
  readonly isLocal: boolean;
  /** Asked once while it answers, or `anew`. Throws BottleError `unavailable` saying why and what to do. */
  info(options?: { readonly anew: boolean }): Promise<EngineInfo>;
  /**
   * What happens to the objects with all these labels (`key` or `key=value`), until `signal` aborts. Resolves once events
   * are heard or the daemon is found to be down; `subscriber` is told of both, also later, and connecting is tried again.
   */
  subscribe(labels: readonly string[], subscriber: Subscriber, signal: AbortSignal): Promise<void>;
  /** An error of dockerode's as one for people: `what` is what was tried ("start the container"). */
  error(error: unknown, what: string): Error;
}

export interface Subscriber {
  onEvent(event: EngineEvent): void;
  /** After each connection, the first included: events from before are lost, so everything is looked at afresh. */
  resync(): void | Promise<void>;
  /** `down` says why. Told at each change alone. */
  onState?(state: { readonly up: true } | { readonly up: false; readonly why: string }): void;
}

export interface EngineEvent {
  readonly type: "container" | "network" | "volume" | "image";
  /** start, die, resize, destroy, create, `exec_create: …`, … */
  readonly action: string;
  /** The object's own. */
  readonly id: string;
  /** Labels, and `name`, `image`, `exitCode`, `width`, `height`, … */
  readonly attributes: Readonly<Record<string, string>>;
  readonly at: Date;
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
  /** Whether the daemon filters system calls by its default profile. */
  readonly seccomp: boolean;
  readonly architecture: string;
  readonly cpus: number;
  /** Bytes. */
  readonly memory: number;
}
