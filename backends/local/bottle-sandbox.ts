// The sandbox of one bottle: which of its folders stand where inside.

import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";

import type { HostProgram } from "#contracts/backend.ts";
import { INSIDE, type BootTries } from "#domain/boot/protocol.ts";
import type { BottlePaths } from "#lib/paths.ts";
import { distFolder } from "#lib/programs.ts";

import { ETC_FILES } from "./home.ts";
import { placeProgram } from "./program/place.ts";
import type { Bind, Sandbox } from "./sandbox/sandbox.ts";
import { systemPaths } from "./sandbox/system-paths.ts";

/** Beside the paths that all backends know: what only this one keeps in `agent/`. */
export function localPaths({ agent }: BottlePaths) {
  return {
    etc: join(agent.dir, "etc"),
    scratch: join(agent.dir, "scratch"),
    seccomp: join(agent.dir, "seccomp.bpf"),
    errors: join(agent.dir, "guest-agent.err"),
  };
}

const NODE = `${INSIDE.programs}/node`;
/** Takes the terminal as its own before it is the entrypoint: the agent's job control needs a session of this namespace. */
export const ENTRYPOINT = ["setsid", "--ctty", NODE, `${INSIDE.programs}/dist/sidecars/entrypoint.js`];

export interface SandboxOptions {
  /** Folders of control groups. */
  readonly groups: readonly string[];
  readonly supervise: boolean;
  readonly gitGate: boolean;
  /** The agent's, where it comes from this machine. */
  readonly program: HostProgram | undefined;
}

export function bottleSandbox(paths: BottlePaths, options: SandboxOptions): Sandbox {
  const { etc, scratch, seccomp } = localPaths(paths);
  const system = systemPaths();
  const program = placeProgram(options.program);
  const folder = (from: string, to: string, writable = false): Bind => ({ from, to, writable, kind: "folder" });
  const file = (from: string, to: string): Bind => ({ from, to, writable: false, kind: "file" });
  return {
    ...system,
    binds: [
      ...system.binds,
      ...Object.entries(ETC_FILES).map(([name, { path }]) => file(join(etc, name), path)),
      folder(paths.agent.home, INSIDE.home, true),
      folder(distFolder(), `${INSIDE.programs}/dist`),
      file(process.execPath, NODE),
      ...program.binds,
      folder(paths.agent.boot, `${INSIDE.sockets}/boot`),
      folder(dirname(paths.egress.socket), `${INSIDE.sockets}/egress`),
      ...(options.supervise ? [folder(dirname(paths.supervise.socket), `${INSIDE.sockets}/supervise`)] : []),
      ...(options.gitGate ? [folder(dirname(paths.gitGate.http), `${INSIDE.sockets}/git`)] : []),
      folder(paths.tls.inside, INSIDE.tls),
      folder(paths.supervise.currentConfig, INSIDE.currentConfig),
    ].filter(({ from }) => existsSync(from)),
    links: [...system.links, ...program.links],
    groups: options.groups,
    scratch,
    seccomp,
  };
}

/** The ways from ports of the bottle's own loopback to the sockets that are bound into it. */
export function localForwards(
  paths: BottlePaths,
  { supervise, gitGate }: Pick<SandboxOptions, "supervise" | "gitGate">,
): BootTries["forwards"] {
  const to = (folder: string, socket: string): { path: string } => ({
    path: `${INSIDE.sockets}/${folder}/${basename(socket)}`,
  });
  return [
    { port: INSIDE.egress.port, to: to("egress", paths.egress.socket) },
    ...(supervise ? [{ port: INSIDE.supervise.port, to: to("supervise", paths.supervise.socket) }] : []),
    ...(gitGate
      ? [
          { port: INSIDE.gitHttp.port, to: to("git", paths.gitGate.http) },
          { port: INSIDE.gitDaemon.port, to: to("git", paths.gitGate.daemon) },
        ]
      : []),
  ];
}
