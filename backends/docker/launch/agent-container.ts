// What the agent's container is made with: nothing but its home, the sidecars' read-only leavings and one closed network.
// No value of an environment variable of ours stands here: whoever may ask the engine could read it.

import { dirname } from "node:path";

import type Dockerode from "dockerode";

import type { Resources } from "#contracts/backend.ts";
import { INSIDE } from "#domain/boot/protocol.ts";
import type { BottlePaths } from "#lib/paths.ts";

import { OPT } from "../images/images.ts";
import { labels, namesOf } from "../names.ts";
import { addressIn, type Subnet } from "./subnets.ts";
import { PLACE } from "./networks.ts";

export interface AgentSetup {
  readonly root: string;
  readonly slug: string;
  readonly paths: BottlePaths;
  /** The image's id. */
  readonly image: string;
  readonly resources: Resources;
  readonly runtime: string | undefined;
  /** ./seccomp-profile.ts; the engine's own when undefined. */
  readonly seccomp: string | undefined;
  /** Whether the engine has an init of its own to reap what the agent leaves. */
  readonly hasInit: boolean;
  readonly internal: { readonly name: string; readonly subnet: Subnet };
  /** Two may stand side by side while one replaces the other. */
  readonly place: typeof PLACE.agent | typeof PLACE.otherAgent;
  readonly name: string;
}

type Place = AgentSetup["place"];

/** Of its own for each of the two: whoever sees a boot socket could answer on it first. */
export function bootFolder({ agent }: BottlePaths, place: Place): string {
  return place === PLACE.agent ? agent.boot : agent.bootBeside;
}

export const DEFAULT_PIDS = 512;
const SHM_BYTES = 64 * 2 ** 20;
const ENTRYPOINT = [`${OPT}/node`, `${OPT}/dist/sidecars/entrypoint.js`];
/** What newer engines hide by themselves and older ones do not, and what everybody may write. */
const MASKED = [
  "/proc/acpi",
  "/proc/asound",
  "/proc/interrupts",
  "/proc/kcore",
  "/proc/keys",
  "/proc/latency_stats",
  "/proc/pressure",
  "/proc/sched_debug",
  "/proc/scsi",
  "/proc/timer_list",
  "/proc/timer_stats",
  "/sys/devices/virtual/powercap",
  "/sys/firmware",
];
/** As the first process a shell waits for whatever ends; `exit` keeps it from making way for the program. */
const REAPER = ["/bin/sh", "-c", '"$@"; exit "$?"', "reaper"];

export function agentContainer(setup: AgentSetup): Dockerode.ContainerCreateOptions {
  const { slug, hasInit, internal } = setup;
  return {
    name: setup.name,
    Image: setup.image,
    Hostname: "bottle",
    User: "node",
    WorkingDir: INSIDE.home,
    Entrypoint: hasInit ? ENTRYPOINT : [...REAPER, ...ENTRYPOINT],
    Cmd: [],
    Env: ["TERM=xterm-256color"],
    Tty: true,
    OpenStdin: true,
    StdinOnce: false,
    AttachStdin: false,
    AttachStdout: false,
    AttachStderr: false,
    Healthcheck: { Test: ["NONE"] }, // an image's own would run beside the agent
    StopSignal: "SIGKILL",
    Labels: labels(setup.root, slug, "agent"),
    NetworkingConfig: {
      EndpointsConfig: {
        [internal.name]: { IPAMConfig: { IPv4Address: addressIn(internal.subnet, setup.place) } },
      },
    },
    HostConfig: { ...confined(setup), ...limits(setup.resources) },
  };
}

function confined({ paths, slug, hasInit, internal, runtime, seccomp, place }: AgentSetup): Dockerode.HostConfig {
  return {
    NetworkMode: internal.name,
    // The engine's name server would ask the host's: it gets nobody to ask.
    Dns: ["127.0.0.1"],
    DnsSearch: ["."],
    // Addresses where nobody is are given up after 70 ms, not 3 s: the proof tries many.
    ...(runtime === undefined ? { Sysctls: { "net.ipv4.neigh.eth0.retrans_time_ms": "20" } } : { Runtime: runtime }),
    Init: hasInit,
    CapDrop: ["ALL"],
    SecurityOpt: ["no-new-privileges", ...(seccomp === undefined ? [] : [`seccomp=${seccomp}`])],
    Privileged: false,
    ReadonlyRootfs: true,
    MaskedPaths: MASKED,
    IpcMode: "private",
    ShmSize: SHM_BYTES,
    Tmpfs: { "/tmp": "rw,exec,nosuid,nodev,mode=1777" },
    Mounts: [
      { Type: "volume", Source: namesOf(slug).home, Target: INSIDE.home },
      shown(bootFolder(paths, place), `${INSIDE.sockets}/boot`),
      shown(dirname(paths.tls.cert), INSIDE.tls),
      shown(paths.supervise.currentConfig, INSIDE.currentConfig),
    ],
    LogConfig: { Type: "json-file", Config: { "max-size": "8m", "max-file": "2" } },
    RestartPolicy: { Name: "no" },
    Ulimits: [{ Name: "core", Soft: 0, Hard: 0 }],
  };
}

function shown(Source: string, Target: string): Dockerode.MountSettings {
  return { Type: "bind", Source, Target, ReadOnly: true };
}

function limits({ cpus, memory, pids = DEFAULT_PIDS }: Resources): Dockerode.HostConfig {
  return {
    PidsLimit: pids,
    ...(cpus === undefined ? {} : { NanoCpus: Math.round(cpus * 1e9) }),
    ...(memory === undefined ? {} : { Memory: memory, MemorySwap: memory }),
  };
}
