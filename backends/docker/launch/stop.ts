// Ends a bottle: the agent is asked and then killed, the sidecars stop, the networks go. Its home stays.

import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";

import type Dockerode from "dockerode";

import { isLaunching } from "#lib/agent-end/ended.ts";
import { bottlePaths } from "#lib/paths.ts";
import { removePidFile } from "#lib/process-identity.ts";
import { within } from "#lib/until-gone.ts";

import type { DockerContext } from "../context.ts";
import { OPT } from "../images/images.ts";
import { agentContainer } from "../agent-containers.ts";
import { markStopping, settle } from "../settle.ts";
import { endLaunch } from "./stop-request.ts";
import { all, containersOf, removeContainers, removeHome, removeNetworks } from "./teardown.ts";
import { statusOf } from "../engine/errors.ts";
import { asBottleError, isGone } from "./engine-error.ts";

/** From being hung up to being killed. */
const GRACE_MS = 5000;
/** Longer than init's own patience with its daemons. Seconds. */
const SIDECARS_GRACE_S = 8;

/** Idempotent. Afterwards the agent's end is on record as asked for, when it had not ended before. */
export async function stopDocker(context: DockerContext, slug: string): Promise<void> {
  const { docker } = context.engine;
  const of = { root: context.root, slug };
  const paths = bottlePaths(context.root, slug);
  await endLaunch(paths);
  const agents = await containersOf(docker, of, "agent").catch((error: unknown) => {
    throw context.engine.error(error, "find the bottle");
  });
  const running = agents.filter(({ State }) => State === "running" || State === "paused");
  if (running.length > 0) {
    await mkdir(paths.agent.dir, { recursive: true, mode: 0o700 });
    await markStopping(paths);
    await all(running.map(({ Id }) => endAgent(docker, docker.getContainer(Id))));
  }
  await settleEnd(context, slug);
  await endSidecars(docker, of);
  await removeNetworks(docker, of);
  await forgetLaunch(context.root, slug);
}

/** Also the home. The caller removes the state folder. */
export async function removeDocker(context: DockerContext, slug: string): Promise<void> {
  await stopDocker(context, slug);
  const { docker } = context.engine;
  const of = { root: context.root, slug };
  await removeContainers(docker, of, ["agent", "sidecars"]);
  await all([removeNetworks(docker, of), removeHome(docker, of)]);
}

/** The container itself is kept, as the agent's last words, until the bottle is resumed or removed. */
export async function settleEnd(context: DockerContext, slug: string): Promise<void> {
  const agent = await agentContainer(context, slug);
  if (agent?.state === "over") await settle(context, agent);
}

/** HUP for every process inside, as a terminal that goes away does; after a while KILL. */
export async function endAgent(docker: Dockerode, container: Dockerode.Container): Promise<void> {
  const over = container.wait().catch(() => undefined); // removed meanwhile
  if (
    (await hangUp(container)) &&
    (await within(
      over.then(() => undefined),
      GRACE_MS,
    ))
  )
    return;
  await container.kill({ signal: "SIGKILL" }).catch(notRunning);
  await over;
}

const HANG_UP = [`${OPT}/node`, "-e", "process.kill(-1, 'SIGHUP')"];

/** False when nobody could be asked. */
async function hangUp(container: Dockerode.Container): Promise<boolean> {
  try {
    const exec = await container.exec({ Cmd: HANG_UP, User: "node" });
    await exec.start({ Detach: true });
    return true;
  } catch {
    return false; // paused, or out of processes: it is killed
  }
}

async function endSidecars(docker: Dockerode, of: { root: string; slug: string }): Promise<void> {
  const found = await containersOf(docker, of, "sidecars");
  await all(found.map(({ Id }) => docker.getContainer(Id).stop({ t: SIDECARS_GRACE_S }).catch(notRunning)));
  await removeContainers(docker, of, ["sidecars"]);
}

/** What a launcher that was killed left on disk. */
async function forgetLaunch(root: string, slug: string): Promise<void> {
  const paths = bottlePaths(root, slug);
  const left = [
    ...[paths.agent.boot, paths.agent.bootBeside].flatMap((folder) => [
      join(folder, "boot.sock"),
      join(folder, "tries.json"),
    ]),
    paths.init.socket,
    paths.init.pid,
  ];
  await all(left.map((path) => rm(path, { force: true })));
  if (!isLaunching(paths)) removePidFile(paths.agent.launcher);
}

function notRunning(error: unknown): void {
  const over = statusOf(error) === 304 || isGone(error) || /is not running/.test(String(error));
  if (!over) throw asBottleError(error, "ending the bottle");
}
