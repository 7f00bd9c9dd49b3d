// What the sidecars' container is made with: both networks, and of the host only this bottle's own folders, each writable
// only where a daemon writes. Its secrets come on standard input, not from here.

import { dirname } from "node:path";

import type Dockerode from "dockerode";

import type { BottleSpec } from "#contracts/backend.ts";
import { rootPaths, type BottlePaths } from "#lib/paths.ts";

import type { EngineInfo } from "../engine/engine.ts";
import { OPT } from "../images/images.ts";
import { labels, namesOf } from "../names.ts";
import { addressIn } from "./subnets.ts";
import { PLACE, type BottleNetworks } from "./networks.ts";

export interface SidecarSetup {
  readonly root: string;
  readonly spec: BottleSpec;
  readonly paths: BottlePaths;
  /** The image's id. */
  readonly image: string;
  readonly networks: BottleNetworks;
  readonly engine: EngineInfo;
  /** The operator's, who owns the state. */
  readonly owner: { readonly uid: number; readonly gid: number };
}

export const SIDECAR_PROGRAMS = `${OPT}/dist/sidecars`;
const PIDS = 256;
const MEMORY = 2 ** 30;

/** On the internal network alone: an engine before 25 takes one network here, and the other one is connected after. */
export function sidecarContainer(setup: SidecarSetup): Dockerode.ContainerCreateOptions {
  const { root, spec, networks, engine, owner } = setup;
  const { internal } = networks;
  return {
    name: namesOf(spec.slug).sidecars,
    Image: setup.image,
    Hostname: "sidecars",
    // Without root, the engine's 0 is the operator.
    User: engine.rootless ? "0:0" : `${owner.uid}:${owner.gid}`,
    WorkingDir: "/",
    Entrypoint: [`${OPT}/node`, `${SIDECAR_PROGRAMS}/init.js`, spec.slug],
    Cmd: [],
    Env: [],
    OpenStdin: true,
    StdinOnce: true,
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    Healthcheck: { Test: ["NONE"] },
    StopSignal: "SIGTERM",
    Labels: labels(root, spec.slug, "sidecars"),
    NetworkingConfig: {
      EndpointsConfig: {
        [internal.name]: { IPAMConfig: { IPv4Address: addressIn(internal.subnet, PLACE.sidecars) } },
      },
    },
    HostConfig: {
      NetworkMode: internal.name,
      ...(engine.remapped && !engine.rootless ? { UsernsMode: "host" } : {}),
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges"],
      Privileged: false,
      ReadonlyRootfs: true,
      IpcMode: "private",
      Tmpfs: { "/tmp": "rw,nosuid,nodev,noexec,size=64m,mode=1777" },
      Mounts: sidecarMounts(setup),
      PidsLimit: PIDS,
      Memory: MEMORY,
      MemorySwap: MEMORY,
      LogConfig: { Type: "json-file", Config: { "max-size": "1m", "max-file": "1" } },
      RestartPolicy: { Name: "no" },
      Ulimits: [{ Name: "core", Soft: 0, Hard: 0 }],
    },
  };
}

/** Folders of the state in which a daemon writes. */
export function writtenFolders({
  agent,
  init,
  egress,
  pipelock,
  supervise,
  logs,
  tls,
  gitGate,
}: BottlePaths): string[] {
  return [agent.dir, init.dir, egress.dir, pipelock.dir, supervise.dir, logs.dir, tls.dir, gitGate.dir];
}

/** Everything stands at the same path as on the host: paths in messages, state and configuration mean the same. */
function sidecarMounts({ root, spec, paths }: SidecarSetup): Dockerode.MountSettings[] {
  const writable = [...writtenFolders(paths), paths.queue, rootPaths(root).audit];
  const readable = [
    paths.state,
    ...(spec.upstreamCa === undefined ? [] : [spec.upstreamCa]),
    ...(spec.gitGate?.repos.map(({ identity }) => identity) ?? []),
    ...spec.upstreamSockets.map((socket) => dirname(socket)),
  ].filter((path) => !writable.includes(path));
  const mount = (Source: string, ReadOnly: boolean): Dockerode.MountSettings => ({
    Type: "bind",
    Source,
    Target: Source,
    ReadOnly,
  });
  return [...[...new Set(readable)].map((path) => mount(path, true)), ...writable.map((path) => mount(path, false))];
}
