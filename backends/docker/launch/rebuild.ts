// Replaces the agent of a bottle that runs by one made from another Dockerfile; home, networks and sidecars stay. The new
// container proves its walls beside the old one, which is ended only then, and started again when the new agent is not.

import { chmod, mkdir } from "node:fs/promises";

import type Dockerode from "dockerode";

import { BottleError } from "#domain/bottle-error.ts";
import type { LaunchStep } from "#domain/launch/step.ts";
import { writeAtomic } from "#lib/atomic-file.ts";
import { claimLaunch } from "#lib/launch/claim.ts";
import { demandGoOn, launchSteps, type Steps } from "#lib/launch/steps.ts";
import { bottlePaths, type BottlePaths } from "#lib/paths.ts";
import { readBounded } from "#lib/read-bounded.ts";

import type { DockerContext } from "../context.ts";
import { describeAgent } from "../images/describe-agent.ts";
import type { AgentImage } from "../images/images.ts";
import { namesOf, nextOf } from "../names.ts";
import { agentContainer, bootFolder } from "./agent-container.ts";
import { boot, type Booting } from "./boot.ts";
import { reported } from "./build-images.ts";
import { engineError } from "./engine-error.ts";
import { holdSidecars } from "./kept-by-init.ts";
import { seccompProfile } from "./seccomp-profile.ts";
import { PLACE, readNetworks, type BottleNetworks } from "./networks.ts";
import { bootOrder, parseKept, type KeptOrder } from "./order.ts";
import { endAgent } from "./stop.ts";
import { heedStop } from "./stop-request.ts";
import { addressIn } from "./subnets.ts";
import { containersOf, removeContainer } from "./teardown.ts";

/**
 * Resolves when the new agent runs. Throws BottleError; then the old one runs: without an interruption when the build or
 * the proof failed, anew when only the new agent's program could not be started.
 */
export async function rebuildDocker(
  context: DockerContext,
  slug: string,
  dockerfile: string,
  progress: (step: LaunchStep) => void,
  signal: AbortSignal,
): Promise<void> {
  const paths = bottlePaths(context.root, slug);
  await findRunning(context, slug); // before minutes are spent
  const image = await reported(progress, (output) => context.images.buildDockerfile(dockerfile, output, signal));
  demandGoOn(signal);
  const unclaim = await claimLaunch(slug, paths, async () => false);
  const heeded = await heedStop(paths, slug, signal);
  const steps = launchSteps(slug, progress);
  try {
    await replace({ context, slug, paths, image, steps }, heeded.signal);
    await keepDockerfile(paths, dockerfile);
  } catch (error) {
    await steps.takeBack();
    throw error instanceof BottleError ? error : context.engine.error(error, `rebuild ${slug}`);
  } finally {
    heeded.end();
    unclaim();
  }
}

interface Replacing {
  readonly context: DockerContext;
  readonly slug: string;
  readonly paths: BottlePaths;
  readonly image: AgentImage;
  readonly steps: Steps;
}

async function replace(replacing: Replacing, signal: AbortSignal): Promise<void> {
  const { context, slug, paths, image, steps } = replacing;
  const { docker } = context.engine;
  const [old, sidecars, networks, held] = await Promise.all([
    findRunning(context, slug),
    findSidecars(context, slug),
    readNetworks(docker, slug),
    holdSidecars(paths),
  ]);
  try {
    const kept = parseKept(held.kept);
    const { agent, place } = await makeNext(replacing, { old, networks, kept });
    await restoreOnFailure(paths, steps);
    const booting = { context, slug, paths, networks, sidecars, kept };
    const next = await boot(
      { ...booting, boot: bootFolder(paths, place), image, agent, beside: [old.id] },
      steps,
      signal,
    );
    try {
      await steps.run("start the agent", async () => {
        demandGoOn(signal); // from here on it is brought to an end
        steps.onFailure("the end of the old agent", () =>
          startAgain({ ...booting, boot: bootFolder(paths, otherPlace(place)), old, beside: [agent.id] }, steps),
        );
        await endAgent(docker, old);
        await next.go(bootOrder(kept, image.env));
      });
    } finally {
      await next.close();
    }
    await takeName(docker, { slug, agent, old });
  } finally {
    held.release();
  }
}

/** The containers that are taken back are taken back last: after the old agent had its boot conversation again. */
async function makeNext(
  { context, slug, paths, image, steps }: Replacing,
  { old, networks, kept }: { old: Dockerode.Container; networks: BottleNetworks; kept: KeptOrder },
): Promise<{ agent: Dockerode.Container; place: Place }> {
  const { docker } = context.engine;
  const info = await context.engine.info();
  const before = await old.inspect();
  const { internal } = networks;
  const used = before.NetworkSettings.Networks[internal.name]?.IPAddress;
  const place = used === addressIn(internal.subnet, PLACE.agent) ? PLACE.otherAgent : PLACE.agent;
  await makeBootFolder(bootFolder(paths, place));
  const name = nextOf(slug);
  const left = (await containersOf(docker, { root: context.root, slug }, "agent")).filter(({ Id }) => Id !== before.Id);
  for (const { Id } of left) await removeContainer(docker, Id); // of a rebuild that was killed
  const agent = await docker
    .createContainer(
      agentContainer({
        root: context.root,
        slug,
        paths,
        image: image.id,
        resources: resourcesOf(kept),
        runtime: kept.runtime,
        hasInit: info.hasInit,
        seccomp: info.seccomp ? seccompProfile(info.architecture) : undefined,
        internal,
        place,
        name,
      }),
    )
    .catch(engineError("the new container"));
  steps.onFailure("the new container", () => removeContainer(docker, agent.id, name));
  return { agent, place };
}

type Place = typeof PLACE.agent | typeof PLACE.otherAgent;

function otherPlace(place: Place): Place {
  return place === PLACE.agent ? PLACE.otherAgent : PLACE.agent;
}

/** As that of a launch: its user is somebody else, and above everything is closed. */
async function makeBootFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o755 });
  await chmod(folder, 0o755);
}

function resourcesOf({ resources: { cpus, memory, pids } }: KeptOrder) {
  return {
    ...(cpus === undefined ? {} : { cpus }),
    ...(memory === undefined ? {} : { memory }),
    ...(pids === undefined ? {} : { pids }),
  };
}

/** What is known of the walls is what was proved of the container that runs. */
async function restoreOnFailure({ isolation }: BottlePaths, steps: Steps): Promise<void> {
  const before = readBounded(isolation);
  if (typeof before === "string") {
    steps.onFailure("the record of its isolation", () => writeAtomic(isolation, before));
  }
}

/** The same container, with a boot of its own: it proves its walls again before its agent starts. */
async function startAgain(
  { old, ...booting }: Omit<Booting, "image" | "agent"> & { old: Dockerode.Container },
  steps: Steps,
): Promise<void> {
  const { engine } = booting.context;
  const { signal } = new AbortController(); // nobody interrupts this
  const { Config } = await old.inspect();
  const { env } = await describeAgent(engine, Config.Image, Config.Image);
  const again = await boot({ ...booting, agent: old, image: { env } }, steps, signal);
  try {
    await again.go(bootOrder(booting.kept, env));
  } finally {
    await again.close();
  }
}

/** Whoever is killed before it leaves a bottle that runs under the other name, which everything finds by its labels. */
async function takeName(
  docker: Dockerode,
  { slug, agent, old }: { slug: string; agent: Dockerode.Container; old: Dockerode.Container },
): Promise<void> {
  await removeContainer(docker, old.id);
  await agent.rename({ name: namesOf(slug).agent }).catch(engineError("the new container"));
}

async function keepDockerfile({ agent }: BottlePaths, text: string): Promise<void> {
  await writeAtomic(agent.dockerfile, text);
}

async function findRunning({ engine, root }: DockerContext, slug: string): Promise<Dockerode.Container> {
  const agents = await containersOf(engine.docker, { root, slug }, "agent").catch((error: unknown) => {
    throw engine.error(error, "look for the bottle");
  });
  const running = agents.find(({ State }) => State === "running");
  if (running !== undefined) return engine.docker.getContainer(running.Id);
  throw new BottleError("unavailable", "does not run", {
    where: slug,
    hint: `resume it: \`bottle-dash resume ${slug}\``,
  });
}

async function findSidecars({ engine, root }: DockerContext, slug: string): Promise<Dockerode.Container> {
  const [found] = await containersOf(engine.docker, { root, slug }, "sidecars");
  if (found?.State === "running") return engine.docker.getContainer(found.Id);
  throw new BottleError("unavailable", "its sidecars do not run", { where: slug });
}
