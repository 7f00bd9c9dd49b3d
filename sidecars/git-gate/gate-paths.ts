// Where the gate keeps what is its own, beside the mirrors: one function, for the gate and for its hook alike.

import { join } from "node:path";

import { bottlePaths } from "#lib/paths.ts";

export type GatePaths = ReturnType<typeof gatePaths>;

export function gatePaths(root: string, slug: string) {
  const { dir, mirror, http, daemon } = bottlePaths(root, slug).gitGate;
  return {
    dir,
    mirror,
    http,
    daemon,
    /** The empty home of every git process. */
    home: join(dir, "home"),
    /** Host keys, and copies of identities that ssh would not take as they are. */
    knownHosts: (name: string): string => join(dir, "ssh", `${name}.known-hosts`),
    identityCopy: (name: string): string => join(dir, "ssh", `${name}.identity`),
    ssh: join(dir, "ssh"),
    /** Who holds it may move the refs of that mirror (git/lock.ts). */
    lock: (name: string): string => join(dir, `${name}.lock`),
    /** There while a gate works on the mirror: found at the start, the last one was killed. */
    inUse: (name: string): string => join(dir, `${name}.in-use`),
  };
}
