// How a daemon is started: its arguments, and an environment in which only egress sees the secrets.

import { join } from "node:path";

import type { BundleConfig, DaemonName } from "#domain/sidecars/bundle.ts";

export interface DaemonCommand {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

type Environment = Readonly<Record<string, string | undefined>>;

const COMMON = new Set(["PATH", "TZ", "LANG"]);

/** What beyond the common names each daemon may see of init's own environment. */
const OWN = {
  egress: (name) => name.startsWith("EGRESS_TOKEN_") || name.startsWith("EGRESS_SECRET_"),
  supervise: (name) => name.startsWith("SUPERVISE_"),
} satisfies Record<DaemonName, (name: string) => boolean>;

/** Flags of Node. What egress carries is garbage at once: with little room for it, 400 MB cost 33 MB of memory, not 83. With 1 MB they cost 23, and each request a tenth more. */
const RUNTIME = { egress: ["--max-semi-space-size=2"], supervise: [] } satisfies Record<DaemonName, string[]>;

export function daemonCommand(name: DaemonName, config: BundleConfig, env: Environment, node: string): DaemonCommand {
  return {
    file: node,
    args: [
      ...RUNTIME[name],
      join(config.programs, `${name}.js`),
      "--root",
      config.root,
      "--slug",
      config.slug,
      ...options(name, config),
    ],
    env: environment(name, env),
  };
}

function options(name: DaemonName, config: BundleConfig): string[] {
  if (name !== "egress" || config.upstream_ca === undefined) return [];
  return ["--upstream-ca", config.upstream_ca];
}

function environment(daemon: DaemonName, env: Environment): Record<string, string> {
  const wanted = (name: string): boolean => COMMON.has(name) || OWN[daemon](name);
  return Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined && wanted(entry[0])),
  );
}
