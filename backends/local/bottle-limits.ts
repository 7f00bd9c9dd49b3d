// The limits of one bottle: what its definition asks for, and a number of processes even when it asks for none.

import { existsSync, readFileSync } from "node:fs";
import { release } from "node:os";

import type { BottleSpec } from "#contracts/backend.ts";

import { findCgroups, limitsFor, type Limits } from "./sandbox/limits.ts";

/** Far more than an agent and its builds need, far less than stops a machine. */
export const DEFAULT_PIDS = 512;

export function bottleLimits({ slug, resources }: Pick<BottleSpec, "slug" | "resources">): Limits {
  const host = findCgroups();
  if (resources.pids !== undefined) return limitsFor(slug, resources, host);
  const cannot = host === undefined ? whyNoDefault(thisHost()) : undefined;
  if (cannot === undefined) return limitsFor(slug, { ...resources, pids: DEFAULT_PIDS }, host);
  const limits = limitsFor(slug, resources, host);
  return { ...limits, unenforced: [...limits.unenforced, `processes and threads are not limited: ${cannot}`] };
}

/** What limits of processes, without control groups, hang on. */
export interface ProcessHost {
  /** As uname(2) has it. */
  readonly kernel: string;
  /** Root gives each bottle a uid of its own; otherwise it has the operator's. */
  readonly root: boolean;
  readonly prlimit: boolean;
  /** The hard limit that we have ourselves; undefined when there is none. */
  readonly hard: number | undefined;
}

/** A default that nobody asked for must not keep an agent from starting. Undefined when it can be set. */
export function whyNoDefault({ kernel, root, prlimit, hard }: ProcessHost): string | undefined {
  const [major = 0, minor = 0] = kernel.split(".").map((part) => Number.parseInt(part, 10));
  if (!prlimit) return "there is no prlimit here";
  // From 5.14 on a user namespace counts its own; before, all of a uid's processes on the host count together.
  if (!root && (major < 5 || (major === 5 && minor < 14))) return "this kernel counts them with all others of yours";
  if (hard !== undefined && hard < DEFAULT_PIDS) return `your own limit is ${hard} already`;
  return undefined;
}

function thisHost(): ProcessHost {
  const hard = /^Max processes\s+\S+\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1];
  return {
    kernel: release(),
    root: process.getuid?.() === 0,
    prlimit: ["/usr/bin/prlimit", "/bin/prlimit"].some((path) => existsSync(path)),
    hard: hard === undefined ? undefined : Number(hard),
  };
}
