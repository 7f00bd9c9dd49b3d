// Starts the container of a bottle's sidecars: what they are to do goes in on standard input, and READY_LINE comes out.

import { PassThrough } from "node:stream";

import type Dockerode from "dockerode";

import { BottleError } from "#domain/bottle-error.ts";
import { READY_LINE, type BundleConfig } from "#domain/sidecars/bundle.ts";
import { untilAborted } from "#lib/launch/steps.ts";
import { splitLines } from "#lib/lines.ts";
import type { BottlePaths } from "#lib/paths.ts";
import { connectUnix } from "#lib/unix-socket.ts";

import { addressIn } from "./subnets.ts";
import { asBottleError, engineError } from "./engine-error.ts";
import { PLACE } from "./networks.ts";
import { SIDECAR_PROGRAMS, sidecarContainer, type SidecarSetup } from "./sidecar-container.ts";

const LAST_LINES = 3;

/** Made, on both networks, and not yet started. */
export async function makeSidecars(
  docker: Dockerode,
  setup: SidecarSetup,
  alter: (options: Dockerode.ContainerCreateOptions) => Dockerode.ContainerCreateOptions = (options) => options,
): Promise<Dockerode.Container> {
  const container = await docker.createContainer(alter(sidecarContainer(setup))).catch(unsharedOr(setup));
  const { egress } = setup.networks;
  await docker
    .getNetwork(egress.id)
    .connect({
      Container: container.id,
      EndpointConfig: { IPAMConfig: { IPv4Address: addressIn(egress.subnet, PLACE.sidecars) } },
    })
    .catch(engineError(`network ${egress.name}`));
  return container;
}

/** Resolves when every daemon is ready; rejects with what init said last when they end before. */
export async function startSidecars(
  docker: Dockerode,
  container: Dockerode.Container,
  config: BundleConfig,
  signal: AbortSignal,
): Promise<void> {
  const stream = await container
    .attach({ stream: true, stdin: true, stdout: true, stderr: true, hijack: true })
    .catch(engineError("the sidecars"));
  try {
    const ready = readyLine(docker, stream);
    ready.catch(() => {}); // a start that fails tells more
    await container.start().catch(engineError("the sidecars"));
    stream.write(`${JSON.stringify(config)}\n`);
    await untilAborted(ready, signal);
  } finally {
    (stream as NodeJS.ReadWriteStream & { destroy(): void }).destroy();
  }
}

/** What init gets: all there is to know, secrets among it. */
export function bundleConfig(
  { spec, root, networks }: Pick<SidecarSetup, "spec" | "root" | "networks">,
  keep: string,
): BundleConfig {
  const { slug, supervise, upstreamCa, gitGate, secrets } = spec;
  return {
    slug,
    root,
    programs: SIDECAR_PROGRAMS,
    daemons: ["egress", ...(supervise ? (["supervise"] as const) : []), ...(gitGate ? (["git-gate"] as const) : [])],
    ...(upstreamCa === undefined ? {} : { upstream_ca: upstreamCa }),
    ...(gitGate === undefined ? {} : { git_gate: gitGate }),
    rebuild: supervise,
    listen: { host: addressIn(networks.internal.subnet, PLACE.sidecars) },
    environment: { ...secrets },
    keep,
  };
}

/** An engine on another machine has folders of its own: what init wrote there is not here. */
export async function demandShared(paths: BottlePaths, host: string): Promise<void> {
  const socket = await connectUnix(paths.init.socket).catch((cause: unknown) => {
    throw unshared(paths.init.socket, host, cause);
  });
  socket.destroy();
}

function unsharedOr({ paths, spec }: SidecarSetup): (error: unknown) => never {
  return (error) => {
    const missing = /bind source path does not exist: (\S+)/.exec(String(error))?.[1];
    if (missing !== undefined && missing.startsWith(paths.state)) throw unshared(missing, "", error);
    throw asBottleError(error, `the sidecars of ${spec.slug}`);
  };
}

function unshared(path: string, host: string, cause: unknown): BottleError {
  return new BottleError(
    "unavailable",
    `the engine ${host === "" ? "" : `at ${host} `}does not share our file system`,
    {
      where: path,
      hint: "use an engine on this machine; bottles of another machine are launched there",
      cause,
    },
  );
}

function readyLine(docker: Dockerode, stream: NodeJS.ReadWriteStream): Promise<void> {
  const last: string[] = [];
  return new Promise<void>((resolve, reject) => {
    const lines = splitLines((line) => {
      if (line === READY_LINE) resolve();
      last.push(line);
      if (last.length > LAST_LINES) last.shift();
    }, 4096);
    const output = new PassThrough();
    output.on("data", (chunk: Buffer) => lines.push(chunk));
    (docker.modem as { demuxStream(from: unknown, out: unknown, errors: unknown): void }).demuxStream(
      stream,
      output,
      output,
    );
    stream.on("error", reject);
    stream.on("end", () => {
      lines.end();
      reject(
        new BottleError("failed", `the sidecars ended before they were ready (${last.join(" / ") || "no output"})`, {
          where: "init",
        }),
      );
    });
  });
}
