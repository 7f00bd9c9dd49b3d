// What this backend really holds, in words for the preflight.

import type { Resources } from "#contracts/backend.ts";

import type { Mechanism } from "./sandbox/sandbox.ts";

export function enforced(mechanism: Mechanism, { memory, pids }: Resources): string[] {
  return [
    "network: loopback only; the one way out is the egress proxy",
    "files: the system read-only; a home and a /tmp of its own",
    "processes: none but its own, no privileges, no capabilities",
    ...(mechanism === "bubblewrap" ? ["system calls: filtered"] : []),
    ...(memory === undefined ? [] : [`memory: ${memory} bytes of data for each process (not in all)`]),
    ...(pids === undefined ? [] : [`processes and threads: ${pids} in all`]),
  ];
}

export function unenforced({ cpus }: Resources): string[] {
  return cpus === undefined ? [] : ["cpus are not limited by the local backend"];
}
