// What a bottle's entrypoint must fail to reach: the host at all its addresses, the engine, other bottles, name servers.

import { readFileSync } from "node:fs";
import { homedir } from "node:os";

import type Dockerode from "dockerode";

import { INSIDE, type BootTriesInput } from "#domain/boot/protocol.ts";
import type { HostTargets } from "#lib/launch/host-targets.ts";

import type { AgentImage } from "../images/images.ts";
import { LABEL } from "../names.ts";
import { addressIn } from "./subnets.ts";
import { PLACE, type BottleNetworks } from "./networks.ts";

export interface TriesOf {
  readonly root: string;
  readonly slug: string;
  readonly targets: HostTargets;
  readonly networks: BottleNetworks;
  readonly image: Pick<AgentImage, "env">;
  /** Other containers on this engine, of bottles and of anybody. */
  readonly others: readonly Dockerode.ContainerInfo[];
  readonly served: { readonly supervise: boolean; readonly gitGate: boolean };
  readonly hasSeccomp: boolean;
  /** Whether its runtime is gVisor (kernel-evidence.ts). */
  readonly inUserSpaceKernel: boolean;
  /** Whether another container of the same agent runs for a while. */
  readonly isBeside: boolean;
}

type Address = NonNullable<BootTriesInput["refused"]>[number];

/** The engine's own ports, should it listen on any. */
const ENGINE_PORTS = [2375, 2376];
/** Each costs the proof a moment: enough of the others to see that none is reached. */
const OTHERS = 12;

export function bootTries(of: TriesOf): BootTriesInput {
  const { targets, networks, image, root } = of;
  return {
    listening: [...targets.listening],
    abstract: targets.abstract,
    absent: absentPaths(root),
    seccomp_required: of.hasSeccomp,
    user_space_kernel: of.inUserSpaceKernel,
    network: "internal",
    refused: refusedAddresses(of),
    beside: of.isBeside
      ? [PLACE.agent, PLACE.otherAgent].map((place) => addressIn(networks.internal.subnet, place))
      : [],
    resolvers: resolvers(networks),
    image_variables: [...Object.keys(image.env), "HOSTNAME"],
    read_only: true,
    forwards: forwards(of),
    lifeline: { host: addressIn(networks.internal.subnet, PLACE.sidecars), port: INSIDE.lifeline.port },
  };
}

function forwards({ networks, served }: TriesOf): BootTriesInput["forwards"] {
  const host = addressIn(networks.internal.subnet, PLACE.sidecars);
  const ports = [
    INSIDE.egress.port,
    ...(served.supervise ? [INSIDE.supervise.port] : []),
    ...(served.gitGate ? [INSIDE.gitHttp.port, INSIDE.gitDaemon.port] : []),
  ];
  return ports.map((port) => ({ port, to: { host, port } }));
}

/** What is always there in an image of any system tells nothing; the operator's own folders and sockets do. */
function absentPaths(root: string): string[] {
  const home = homedir();
  const own = ["/", "/root", INSIDE.home].includes(home) ? [] : [home];
  return [root, ...own, "/var/run/docker.sock", "/run/docker.sock", "/run/containerd", "/run/user"];
}

function refusedAddresses({ networks, targets, others, slug }: TriesOf): Address[] {
  const port = targets.listening[0]?.port ?? 80;
  const [internal, egress] = [networks.internal.subnet, networks.egress.subnet];
  const gateways = [addressIn(internal, PLACE.gateway), addressIn(egress, PLACE.gateway)];
  const hosts = [...new Set([...gateways, ...targets.listening.map(({ host }) => host)])];
  return unique([
    ...gateways.map((host) => ({ host, port })),
    ...hosts.filter(isForeign).flatMap((host) => ENGINE_PORTS.map((enginePort) => ({ host, port: enginePort }))),
    ...[INSIDE.egress.port, INSIDE.lifeline.port].map((own) => ({
      host: addressIn(egress, PLACE.sidecars),
      port: own,
    })),
    { host: "169.254.169.254", port: 80 },
    ...others
      .filter(({ Labels, State }) => State === "running" && Labels[LABEL.slug] !== slug)
      .flatMap(addressesOf)
      .slice(0, OTHERS)
      .map((host) => ({ host, port: INSIDE.egress.port })),
  ]);
}

function isForeign(host: string): boolean {
  return host !== "127.0.0.1" && host !== "::1";
}

function addressesOf({ NetworkSettings }: Dockerode.ContainerInfo): string[] {
  return Object.values(NetworkSettings.Networks)
    .map(({ IPAddress }) => IPAddress)
    .filter((address) => address !== "");
}

/** The engine's own, the host's, and where a bridge's forwarder would be. */
function resolvers({ internal, egress }: BottleNetworks): string[] {
  const ofHost = readOr("/etc/resolv.conf")
    .split("\n")
    .flatMap((line) => /^nameserver\s+(\d+\.\d+\.\d+\.\d+)$/.exec(line.trim())?.[1] ?? []);
  return [
    ...new Set([
      "127.0.0.11",
      addressIn(internal.subnet, PLACE.gateway),
      addressIn(egress.subnet, PLACE.gateway),
      ...ofHost,
    ]),
  ];
}

function unique(addresses: readonly Address[]): Address[] {
  return [...new Map(addresses.map((address) => [`${address.host} ${address.port}`, address])).values()];
}

function readOr(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
