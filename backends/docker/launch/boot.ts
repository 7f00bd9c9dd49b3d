// Brings an agent's container up to the point where its agent could start: terminal, walls tried from inside and read back
// from the engine, and the result on disk. A launch does so, and a rebuild for the container that takes over.

import type Dockerode from "dockerode";

import { BottleError } from "#domain/bottle-error.ts";
import { INSIDE, type BootOrder } from "#domain/boot/protocol.ts";
import type { Isolation } from "#domain/fleet/isolation.ts";
import { plainLines } from "#domain/plain-text.ts";
import { writeAtomic } from "#lib/atomic-file.ts";
import { demandProof } from "#lib/launch/demand-proof.ts";
import { listenBoot, type BootServer } from "#lib/launch/boot.ts";
import { openHostTargets } from "#lib/launch/host-targets.ts";
import { untilAborted, type Steps } from "#lib/launch/steps.ts";
import type { BottlePaths } from "#lib/paths.ts";
import { readRedactions } from "#lib/redact/redactions-file.ts";
import { within } from "#lib/until-gone.ts";

import type { DockerContext } from "../context.ts";
import type { AgentImage } from "../images/images.ts";
import { namesOf } from "../names.ts";
import { answerStart } from "../terminal/answer-start.ts";
import { readSize } from "../terminal/size.ts";
import { DEFAULT_PIDS } from "./agent-container.ts";
import { engineError } from "./engine-error.ts";
import { isUserSpaceKernel, kernelChecks } from "./kernel-evidence.ts";
import { outsideChecks, type Wanted } from "./judge.ts";
import type { BottleNetworks } from "./networks.ts";
import type { KeptOrder } from "./order.ts";
import { bootTries } from "./tries.ts";

export interface Booting {
  readonly context: DockerContext;
  readonly slug: string;
  readonly paths: BottlePaths;
  /** The folder of its boot socket, which it alone is shown. */
  readonly boot: string;
  readonly networks: BottleNetworks;
  readonly image: Pick<AgentImage, "env">;
  readonly agent: Dockerode.Container;
  readonly sidecars: Dockerode.Container;
  /** Further containers that may be on the internal network: the one that is about to be replaced. */
  readonly beside: readonly string[];
  readonly kept: KeptOrder;
}

export interface Booted {
  /** Starts the agent; resolves when it runs. */
  go(order: BootOrder): Promise<void>;
  /** Without an order by then, the container ends. */
  close(): Promise<void>;
}

const LAST_WORDS_MS = 2000;
/** For the proof and the agent's start each; copying takes the time that it takes. */
const PATIENCE_MS = 60_000;

/** A container that comes up, and whoever it talks to. */
export interface Opened {
  readonly server: BootServer;
  /** Rejects when it could not be started. */
  readonly started: Promise<void>;
  /** See `endOf`. */
  readonly ended: Promise<never>;
  /** Resolves when nothing of it goes on. */
  close(): Promise<void>;
}

/** Starts the container, which may be long before its sidecars are there: it waits for them, and proves nothing until then. */
export async function openBoot(booting: Booting) {
  const { context, slug, paths, boot: folder, networks, image, agent, kept } = booting;
  const { docker } = context.engine;
  const [info, others] = await Promise.all([context.engine.info(), docker.listContainers({})]);
  const targets = await openHostTargets();
  try {
    const served = { supervise: kept.supervise, gitGate: kept.git_gate };
    const { root } = context;
    const inUserSpaceKernel = isUserSpaceKernel(kept.runtime);
    const facts = { hasSeccomp: info.seccomp, inUserSpaceKernel, isBeside: booting.beside.length > 0 };
    const tries = bootTries({ root, slug, targets, networks, image, others, served, ...facts });
    const server = await listenBoot(folder, tries);
    const ended = endOf(agent, paths);
    const started = startContainer(agent, paths);
    started.catch(() => {}); // waited for later
    const close = async (): Promise<void> => {
      targets.close();
      await server.close();
      await started.catch(() => {}); // told already
    };
    return { server, started, ended, close } satisfies Opened;
  } catch (error) {
    targets.close();
    throw error;
  }
}

async function startContainer(agent: Dockerode.Container, paths: BottlePaths): Promise<void> {
  await agent.start().catch(engineError("the agent's container"));
  const { cols, rows } = await readSize(paths);
  await agent.resize({ w: cols, h: rows }).catch(() => {}); // it ended at once: its last words tell
}

/** Its sidecars run by now. Closes what was opened when it fails. */
export async function boot(booting: Booting, steps: Steps, signal: AbortSignal, opened?: Opened): Promise<Booted> {
  const { paths, kept, agent } = booting;
  const { server, started, ended, close } = opened ?? (await openBoot(booting));
  let closing: Promise<void> | undefined;
  const closeOnce = (): Promise<void> => (closing ??= close());
  const answering = started.then(() => answerStart(agent, paths, kept.has_screen)).catch(() => undefined);
  try {
    await steps.run("make the sandbox", () => started);
    await steps.run("prove the isolation", async () => {
      const checks = await untilAborted(orLastWords(server.proof, ended), withPatience(signal));
      const isolation: Isolation = {
        mechanism: kept.runtime ?? "docker",
        proved_at: new Date().toISOString(),
        checks: [...checks, ...(await readBack(booting))],
      };
      await writeAtomic(paths.isolation, `${JSON.stringify(isolation, undefined, 2)}\n`);
      demandProof(isolation);
    });
    return {
      async go(order) {
        const answers = await answering;
        answers?.begin();
        await untilAborted(orLastWords(server.go(order), ended), withPatience(signal));
        await closeOnce(); // what its proof was made with is not for the agent to see
        await answers?.calm;
      },
      async close() {
        void answering.then((answers) => answers?.leaveSoon());
        await closeOnce();
      },
    };
  } catch (error) {
    void answering.then((answers) => answers?.end());
    await close();
    throw error;
  }
}

function withPatience(signal: AbortSignal): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
}

async function readBack(booting: Booting) {
  const { context, networks, agent, sidecars, beside } = booting;
  const { seccomp } = await context.engine.info();
  const [one, other, internal] = await Promise.all([
    agent.inspect(),
    sidecars.inspect(),
    context.engine.docker.getNetwork(networks.internal.id).inspect(),
  ]).catch(engineError("reading back the bottle"));
  const members = [agent.id, sidecars.id, ...beside];
  return [
    ...outsideChecks({ agent: one, sidecars: other, internal }, wantedOf(booting, members)),
    ...kernelChecks({ id: one.Id, pid: one.State.Pid, runtime: one.HostConfig.Runtime }, seccomp),
  ];
}

function wantedOf({ slug, paths, boot: folder, kept, image }: Booting, members: readonly string[]): Wanted {
  const { pids = DEFAULT_PIDS, memory, cpus } = kept.resources;
  return {
    members,
    home: namesOf(slug).home,
    shown: {
      [`${INSIDE.sockets}/boot`]: folder,
      [INSIDE.tls]: paths.tls.inside,
      [INSIDE.currentConfig]: paths.supervise.currentConfig,
    },
    limits: { pids, memory, cpus },
    runtime: kept.runtime,
    variables: ["TERM", "PATH", ...Object.keys(image.env)],
  };
}

/** Rejects, with the last that its terminal showed, when the container ends; never resolves. */
function endOf(container: Dockerode.Container, paths: BottlePaths): Promise<never> {
  const ended = container.wait({ condition: "next-exit" }).then(async () => {
    const log = await container.logs({ stdout: true, stderr: true, tail: 20 }).catch(() => Buffer.alloc(0));
    const redactions = await readRedactions(paths);
    const words = plainLines(redactions.text(log.toString("utf8")))
      .filter((line) => line.trim() !== "")
      .slice(-3)
      .join(" / ");
    throw new BottleError("failed", `the sandbox ended at once: ${words === "" ? "no output" : words}`, {
      where: "sandbox",
    });
  });
  ended.catch(() => {}); // waited for only during the launch
  return ended;
}

/** A bottle that ends takes the conversation with it; what it said on its terminal tells more than that. */
async function orLastWords<Result>(talk: Promise<Result>, ended: Promise<never>): Promise<Result> {
  try {
    return await Promise.race([talk, ended]);
  } catch (error) {
    if (error instanceof BottleError && error.where === "boot") await within(ended, LAST_WORDS_MS);
    throw error;
  }
}
