// What this backend really holds, in words for the preflight.

import { isFiltered, type Maker } from "./sandbox/command.ts";
import type { Limits } from "./sandbox/limits.ts";

export function enforced(maker: Pick<Maker, "mechanism" | "loader">, limits: Limits): string[] {
  return [
    "network: loopback only; the one way out is the egress proxy",
    "files: the system read-only; a home and a /tmp of its own",
    "processes: none but its own, no privileges, no capabilities",
    ...(isFiltered(maker) ? ["system calls: filtered"] : []),
    ...limits.enforced,
  ];
}
