// Whether a bottle's walls stand as the engine itself tells them: read back after everything was made, judged here alone.

import type Dockerode from "dockerode";

import { INSIDE } from "#domain/boot/protocol.ts";
import type { IsolationCheck } from "#domain/fleet/isolation.ts";

export interface Outside {
  readonly agent: Dockerode.ContainerInspectInfo;
  readonly sidecars: Dockerode.ContainerInspectInfo;
  readonly internal: Dockerode.NetworkInspectInfo;
}

export interface Wanted {
  /** Ids of the containers that may be on the internal network. */
  readonly members: readonly string[];
  /** The volume's name. */
  readonly home: string;
  /** Inside → on the host. */
  readonly shown: Readonly<Record<string, string>>;
  readonly limits: { readonly pids: number; readonly memory: number | undefined; readonly cpus: number | undefined };
  readonly runtime: string | undefined;
  /** Names that may stand in the agent's configured environment: TERM, and what its image sets. */
  readonly variables: readonly string[];
}

/** Every one is required: the engine either did what it was told or it did not. */
export function outsideChecks({ agent, sidecars, internal }: Outside, wanted: Wanted): IsolationCheck[] {
  return [
    check(
      "its network is closed",
      closedNetwork(internal, wanted),
      `${internal.Name}: internal, no address of the host`,
    ),
    check("on no other network", otherNetworks(agent, internal), `${internal.Name} alone`),
    check("nothing else is mounted", foreignMounts(agent, wanted), "its home and what it is shown read-only"),
    check(
      "no privileges from the engine",
      privileges(agent),
      "none, no capabilities, no devices, no shared namespaces",
    ),
    check("its limits are set", limits(agent, wanted), `processes ${wanted.limits.pids}`),
    check("no secrets in its configuration", variables(agent, wanted), "no variable of ours"),
    check("its sidecars are confined", sidecarWeakness(sidecars), "no privileges, not the engine's socket"),
  ];
}

function check(name: string, wrong: readonly string[], fine: string): IsolationCheck {
  return { name, required: true, ok: wrong.length === 0, evidence: wrong.length === 0 ? fine : wrong.join(", ") };
}

function closedNetwork(network: Dockerode.NetworkInspectInfo, { members }: Wanted): string[] {
  const strangers = Object.keys(network.Containers ?? {}).filter((id) => !members.includes(id));
  return [
    ...(network.Internal ? [] : ["it is not internal"]),
    ...(network.Options?.["com.docker.network.bridge.inhibit_ipv4"] === "true"
      ? []
      : ["the host has an address on it"]),
    ...(network.EnableIPv6 ? ["IPv6 is on"] : []),
    ...(network.Driver === "bridge" ? [] : [`its driver is ${network.Driver}`]),
    ...strangers.map((id) => `container ${id.slice(0, 12)} is on it`),
  ];
}

function otherNetworks(
  { NetworkSettings, HostConfig }: Dockerode.ContainerInspectInfo,
  own: { Name: string; Id: string },
) {
  const joined = Object.keys(NetworkSettings.Networks);
  return [
    ...(joined.includes(own.Name) ? [] : [`not on ${own.Name}`]),
    ...joined.filter((name) => name !== own.Name).map((name) => `on ${name}`),
    ...(Object.keys(HostConfig.PortBindings ?? {}).length > 0 ? ["ports are published"] : []),
    ...((HostConfig.Links ?? []) as unknown[]).map(() => "linked to another container"),
  ];
}

function foreignMounts({ Mounts, HostConfig }: Dockerode.ContainerInspectInfo, { home, shown }: Wanted): string[] {
  const wrong = Mounts.flatMap(({ Type, Name, Source, Destination, RW }) => {
    if (Type === "volume" && Destination === INSIDE.home && Name === home) return [];
    if (Type === "bind" && shown[Destination] === Source) return RW ? [`${Destination} is writable`] : [];
    return [`${Source} on ${Destination}`];
  });
  return [
    ...wrong,
    ...(HostConfig.Binds ?? []),
    ...((HostConfig.VolumesFrom ?? []) as string[]).map((from) => `volumes from ${from}`),
    ...(HostConfig.ReadonlyRootfs === true ? [] : ["its system can be written"]),
  ];
}

function privileges(info: Dockerode.ContainerInspectInfo): string[] {
  const { HostConfig: host, Config } = info;
  const devices = [...((host.Devices ?? []) as unknown[]), ...(host.DeviceRequests ?? [])];
  return [
    ...commonPrivileges(info),
    ...(Config.User === "node" ? [] : [`it runs as ${Config.User || "root"}`]),
    ...devices.map(() => "a device"),
  ];
}

/** `host`, or another container's. */
function commonPrivileges({ HostConfig: host }: Dockerode.ContainerInspectInfo): string[] {
  const options = (host.SecurityOpt ?? []) as string[];
  const shared = (["PidMode", "NetworkMode", "UTSMode", "IpcMode"] as const).filter((name) =>
    /^(host$|container:)/.test(host[name] ?? ""),
  );
  return [
    ...(host.Privileged === true ? ["it is privileged"] : []),
    ...(((host.CapDrop ?? []) as string[]).includes("ALL") ? [] : ["capabilities are not dropped"]),
    ...((host.CapAdd ?? []) as string[]).map((name) => `capability ${name}`),
    ...(options.some((option) => /^no-new-privileges(?:[:=]true)?$/.test(option))
      ? []
      : ["new privileges are possible"]),
    ...options.filter((option) => /unconfined|label[:=]disable/.test(option)),
    ...shared.map((name) => `${name} ${host[name]}`),
  ];
}

function limits({ HostConfig: host }: Dockerode.ContainerInspectInfo, { limits: wanted, runtime }: Wanted): string[] {
  return [
    ...(host.PidsLimit === wanted.pids ? [] : [`processes ${host.PidsLimit ?? "unlimited"}`]),
    ...(wanted.memory === undefined || host.Memory === wanted.memory ? [] : [`memory ${host.Memory}`]),
    ...(wanted.cpus === undefined || host.NanoCpus === Math.round(wanted.cpus * 1e9) ? [] : [`cpus ${host.NanoCpus}`]),
    ...(runtime === undefined || host.Runtime === runtime ? [] : [`runtime ${host.Runtime}`]),
  ];
}

/** Names alone: a value would be shown in the evidence. */
function variables({ Config }: Dockerode.ContainerInspectInfo, { variables: known }: Wanted): string[] {
  return Config.Env.map((text) => text.slice(0, text.indexOf("="))).filter((name) => !known.includes(name));
}

function sidecarWeakness(info: Dockerode.ContainerInspectInfo): string[] {
  const engine = info.Mounts.filter(({ Source }) => /(?:^|\/)(?:docker|containerd)\.sock$/.test(Source));
  const secrets = info.Config.Env.filter((text) => /^(?:EGRESS|SUPERVISE)_/.test(text)).map(
    (text) => text.split("=")[0]!,
  );
  return [
    ...commonPrivileges(info),
    ...engine.map(({ Source }) => `${Source} is mounted`),
    ...secrets.map((name) => `${name} in its configuration`),
    ...(info.HostConfig.ReadonlyRootfs === true ? [] : ["its system can be written"]),
  ];
}
