// A backend without processes: a test says what it is called, whether it works, and what its bottles do.

import { writeFile } from "node:fs/promises";

import type { Backend, Bottle, BottleSpec, Capabilities, LaunchPlan, LaunchStep } from "#contracts/backend.ts";
import type { RunStatus } from "#domain/fleet/run-status.ts";
import { bottlePaths } from "#lib/paths.ts";

import { aBackend } from "./backend-choices.ts";

export interface FakeBackend extends Backend {
  /** Dockerfiles that bottles were made from anew, in order; written when the build is over. */
  readonly built: string[];
  readonly planned: BottleSpec[];
  readonly removed: string[];
}

export interface Manner {
  readonly name?: string;
  readonly host?: string;
  readonly capabilities?: Partial<Capabilities>;
  readonly probe?: Backend["probe"];
  readonly list?: Backend["list"];
  readonly leftovers?: () => Promise<string[]>;
  readonly dockerfile?: Backend["dockerfile"];
  readonly bottle?: Partial<Bottle>;
  readonly phase?: RunStatus["phase"];
  /** What happens between the begin of a build and its end; throws when it fails. */
  readonly build?: (dockerfile: string, progress: (step: LaunchStep) => void, signal: AbortSignal) => Promise<void>;
}

/** As the docker backend does it, what was built is kept in `agent/Dockerfile` of a bottle below `root`. */
export function fakeBackend(root: string, manner: Manner = {}): FakeBackend {
  const built: string[] = [];
  const planned: BottleSpec[] = [];
  const removed: string[] = [];
  const { name = "docker", host = "local" } = manner;
  const { capabilities, probe } = aBackend({ capabilities: manner.capabilities ?? {} });
  const bottle = (slug: string): Bottle => ({
    slug,
    status: async () => statusOf(manner.phase ?? "running"),
    attach: () => Promise.reject(new Error("the terminal is not scripted")),
    stats: async () => null,
    isolation: async () => null,
    stop: async () => {},
    remove: async () => void removed.push(slug),
    async rebuild(dockerfile, progress, signal) {
      await manner.build?.(dockerfile, progress, signal);
      await writeFile(bottlePaths(root, slug).agent.dockerfile, dockerfile);
      built.push(dockerfile);
    },
    ...manner.bottle,
  });
  return {
    name,
    host,
    capabilities,
    built,
    planned,
    removed,
    probe: manner.probe ?? (async () => probe),
    async plan(spec): Promise<LaunchPlan> {
      planned.push(spec);
      return { spec, mechanism: "docker/runc", enforces: ["walls"], weaknesses: ["no seccomp"] };
    },
    launch: async ({ spec }) => bottle(spec.slug),
    open: bottle,
    list: manner.list ?? (async () => []),
    watch: async () => {},
    ...(manner.leftovers === undefined ? {} : { leftovers: manner.leftovers }),
    ...(manner.dockerfile === undefined ? {} : { dockerfile: manner.dockerfile }),
  };
}

function statusOf(phase: RunStatus["phase"]): RunStatus {
  return { phase, since: "2026-11-20T12:00:00.000Z", exit_code: 0, signal: null };
}
