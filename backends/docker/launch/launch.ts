// Launches a bottle: images, networks, sidecars and sandbox, proof, and only then the agent. Whatever fails is taken back whole.

import { existsSync } from "node:fs";
import { join } from "node:path";

import type Dockerode from "dockerode";

import type { BottleSpec, LaunchPlan } from "#contracts/backend.ts";
import { BottleError } from "#domain/bottle-error.ts";
import type { LaunchStep } from "#domain/launch/step.ts";
import { claimLaunch } from "#lib/launch/claim.ts";
import { demandGoOn, launchSteps, type Steps } from "#lib/launch/steps.ts";
import { bottlePaths, type BottlePaths } from "#lib/paths.ts";
import { within } from "#lib/until-gone.ts";

import type { DockerContext } from "../context.ts";
import type { BottleImages } from "../images/images.ts";
import { namesOf } from "../names.ts";
import { agentContainer, bootFolder } from "./agent-container.ts";
import { agentSource, buildImages } from "./build-images.ts";
import { boot, openBoot } from "./boot.ts";
import { engineError } from "./engine-error.ts";
import { seccompProfile } from "./seccomp-profile.ts";
import { PLACE, type AlterNetwork } from "./networks.ts";
import { bootOrder, keptOrder } from "./order.ts";
import { prepare, type Prepared } from "./prepare.ts";
import { bundleConfig, demandShared, makeSidecars, startSidecars } from "./sidecars.ts";
import { keepEndedLog } from "../logs/agent-log.ts";
import { settleEnd } from "./stop.ts";
import { containersOf } from "./teardown.ts";
import { heedStop } from "./stop-request.ts";
import { copyWorkspace } from "./workspace.ts";

export { leftoversDocker } from "./leftovers.ts";
export { rebuildDocker } from "./rebuild.ts";
export { removeDocker, stopDocker } from "./stop.ts";

/** For tests, which break a wall to see that the proof notices. */
export interface Alter {
  readonly internal?: AlterNetwork;
  readonly agent?: (options: Dockerode.ContainerCreateOptions) => Dockerode.ContainerCreateOptions;
  readonly sidecars?: (options: Dockerode.ContainerCreateOptions) => Dockerode.ContainerCreateOptions;
  /** When both are made and none runs. */
  readonly made?: (agent: Dockerode.Container, sidecars: Dockerode.Container) => Promise<void>;
}

/** For the sidecars to be ready; building and copying take the time that they take. */
const PATIENCE_MS = 60_000;
/** For so long a container that got no order may take to notice. */
const UNORDERED_MS = 10_000;

/** Resolves when the agent runs. Throws BottleError; then nothing runs and nothing new is left but the state folder. */
export async function launchDocker(
  plan: LaunchPlan,
  context: DockerContext,
  progress: (step: LaunchStep) => void,
  signal: AbortSignal,
  alter: Alter = {},
): Promise<void> {
  const { spec } = plan;
  const paths = bottlePaths(context.root, spec.slug);
  const steps = launchSteps(spec.slug, progress);
  if (spec.resume) {
    await settleEnd(context, spec.slug); // while nobody launches it
    await keepEndedLog(context, spec.slug); // its container goes
  }
  const unclaim = await claimLaunch(spec.slug, paths, () => isRunning(context, spec.slug));
  const heeded = await heedStop(paths, spec.slug, signal);
  try {
    const images = await buildImages(context, agentSource(spec, paths), progress, heeded.signal);
    const prepared = await steps.run("prepare", () =>
      prepare(context, spec, paths, { steps, signal: heeded.signal, alter: alter.internal }),
    );
    await run({ context, spec, paths, steps, images, prepared, alter }, heeded.signal);
  } catch (error) {
    await steps.takeBack();
    throw error instanceof BottleError ? error : context.engine.error(error, `launch ${spec.slug}`);
  } finally {
    heeded.end();
    unclaim();
  }
}

interface Run {
  readonly context: DockerContext;
  readonly spec: BottleSpec;
  readonly paths: BottlePaths;
  readonly steps: Steps;
  readonly images: BottleImages;
  readonly prepared: Prepared;
  readonly alter: Alter;
}

async function run(launching: Run, signal: AbortSignal): Promise<void> {
  const { context, spec, paths, steps, images, prepared } = launching;
  const { docker } = context.engine;
  const { networks, isNewHome } = prepared;
  const kept = keptOrder(spec);
  const { booting, opened } = await steps.run("start sidecars", async () => {
    const made = await makeContainers(launching);
    demandGoOn(signal);
    const of = { context, slug: spec.slug, paths, boot: bootFolder(paths, PLACE.agent), networks, kept };
    const asked = { ...of, image: images.agent, agent: made.agent, sidecars: made.sidecars, beside: [] };
    const opening = openBoot(asked); // the one comes up while the other does
    opening.catch(() => {}); // waited for below
    const config = bundleConfig({ spec, root: context.root, networks }, JSON.stringify(kept));
    const patience = AbortSignal.timeout(PATIENCE_MS);
    try {
      await startSidecars(docker, made.sidecars, config, AbortSignal.any([signal, patience]));
      await demandShared(paths, context.engine.host);
    } catch (error) {
      await opening.then(({ close }) => close()).catch(() => {}); // the sidecars' failure is what is told
      throw error;
    }
    return { booting: asked, opened: await opening };
  });
  const booted = await boot(booting, steps, signal, opened);
  try {
    await steps.run("start the agent", async () => {
      if (isNewHome && spec.copyCwd !== undefined) {
        await copyWorkspace(docker, booting.agent, { from: spec.copyCwd, root: context.root, signal });
      }
      await booted.go(bootOrder(kept, images.agent.env));
    });
  } finally {
    await booted.close();
  }
}

/** Both at once; when one fails, the other may have been made. */
async function makeContainers({ context, spec, paths, images, prepared, alter }: Run) {
  const { docker } = context.engine;
  const { networks } = prepared;
  const info = await context.engine.info();
  const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  const agentOptions = agentContainer({
    root: context.root,
    slug: spec.slug,
    paths,
    image: images.agent.id,
    resources: spec.resources,
    runtime: spec.runtime,
    hasInit: info.hasInit,
    seccomp: info.seccomp ? seccompProfile(info.architecture) : undefined,
    internal: networks.internal,
    place: PLACE.agent,
    name: namesOf(spec.slug).agent,
  });
  const setup = { root: context.root, spec, paths, image: images.sidecars, networks, engine: info, owner };
  const [agent, sidecars] = await Promise.allSettled([
    docker.createContainer((alter.agent ?? same)(agentOptions)).catch(engineError("the agent's container")),
    makeSidecars(docker, setup, alter.sidecars),
  ]);
  if (sidecars.status === "rejected") throw sidecars.reason;
  if (agent.status === "rejected") throw agent.reason;
  await alter.made?.(agent.value, sidecars.value);
  return { agent: agent.value, sidecars: sidecars.value };
}

/** One whose launcher was killed before it gave the order ends by itself, and is waited for. */
async function isRunning({ engine, root }: DockerContext, slug: string): Promise<boolean> {
  const found = await containersOf(engine.docker, { root, slug }, "agent").catch((error: unknown) => {
    throw engine.error(error, "look for the bottle");
  });
  const running = found.filter(({ State }) => State === "running" || State === "paused");
  if (running.length === 0) return false;
  const { boot: folder, bootBeside } = bottlePaths(root, slug).agent;
  if (![folder, bootBeside].some((path) => existsSync(join(path, "tries.json")))) return true;
  const ends = running.map(({ Id }) =>
    engine.docker
      .getContainer(Id)
      .wait()
      .then(
        () => undefined,
        () => undefined,
      ),
  );
  return !(await within(
    Promise.all(ends).then(() => undefined),
    UNORDERED_MS,
  ));
}

function same<Value>(value: Value): Value {
  return value;
}
