// What this backend really holds, in words for the preflight.

import type { Limits } from "./sandbox/limits.ts";
import type { Mechanism } from "./sandbox/sandbox.ts";

export function enforced(mechanism: Mechanism, limits: Limits): string[] {
  return [
    "network: loopback only; the one way out is the egress proxy",
    "files: the system read-only; a home and a /tmp of its own",
    "processes: none but its own, no privileges, no capabilities",
    ...(mechanism === "bubblewrap" ? ["system calls: filtered"] : []),
    ...limits.enforced,
  ];
}
