// How a daemon is started: its arguments, and an environment that holds only what this daemon uses.

import { join } from "node:path";

import { SEED_KEY } from "#domain/credentials/seed-watch.ts";
import type { BundleConfig, DaemonName } from "#domain/sidecars/bundle.ts";

export interface DaemonCommand {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Where the git gate finds what it serves, as JSON: paths of keys and hosts, which concern no reader of argument lists. */
const GIT_GATE_CONFIG = "GIT_GATE_CONFIG";
/** The same for the credential watcher and its seed. */
const CREDENTIALS_CONFIG = "CREDENTIALS_CONFIG";

const COMMON = new Set(["PATH", "TZ", "LANG"]);

/** What beyond the common names each daemon may see of init's own environment. */
const OWN = {
  egress: (name) => name.startsWith("EGRESS_TOKEN_") || name.startsWith("EGRESS_SECRET_"),
  supervise: (name) => name.startsWith("SUPERVISE_"),
  // Values to look for in what is pushed; never the tokens that egress adds to requests.
  "git-gate": (name) => name.startsWith("EGRESS_SECRET_"),
  credentials: (name) => name === SEED_KEY,
} satisfies Record<DaemonName, (name: string) => boolean>;

/** Flags of Node. What egress carries is garbage at once: with little room for it, 400 MB cost 33 MB of memory, not 83. With 1 MB they cost 23, and each request a tenth more. */
const RUNTIME: Readonly<Record<DaemonName, readonly string[]>> = {
  egress: ["--max-semi-space-size=2"],
  supervise: [],
  "git-gate": [],
  credentials: [],
};

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
    env: environment(name, config, env),
  };
}

function options(name: DaemonName, { listen, upstream_ca, rebuild }: BundleConfig): string[] {
  return [
    ...(listen === undefined ? [] : ["--listen", listen.host]),
    ...(name === "egress" && upstream_ca !== undefined ? ["--upstream-ca", upstream_ca] : []),
    ...(name === "supervise" && rebuild ? ["--rebuild"] : []),
  ];
}

/** The configuration's own variables stand above those that init was started with. */
function environment(daemon: DaemonName, config: BundleConfig, env: Environment): Record<string, string> {
  const wanted = (name: string): boolean => COMMON.has(name) || OWN[daemon](name);
  const passed = Object.entries({ ...env, ...config.environment }).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && wanted(entry[0]),
  );
  const gate = daemon === "git-gate" && config.git_gate !== undefined ? JSON.stringify(config.git_gate) : undefined;
  const seed =
    daemon === "credentials" && config.credentials !== undefined ? JSON.stringify(config.credentials) : undefined;
  return {
    ...Object.fromEntries(passed),
    ...(gate === undefined ? {} : { [GIT_GATE_CONFIG]: gate }),
    ...(seed === undefined ? {} : { [CREDENTIALS_CONFIG]: seed }),
  };
}
