// What must be there before the first container: folders for the mounts, the home, the networks; nothing of a former run.

import { chmod, mkdir, rm } from "node:fs/promises";
import { dirname } from "node:path";

import type { BottleSpec } from "#contracts/backend.ts";
import { writeAtomic } from "#lib/atomic-file.ts";
import { demandGoOn, type Steps } from "#lib/launch/steps.ts";
import { rootPaths, type BottlePaths } from "#lib/paths.ts";
import { readBounded } from "#lib/read-bounded.ts";

import type { DockerContext } from "../context.ts";
import { labels, namesOf } from "../names.ts";
import { statusOf } from "../engine/errors.ts";
import { asBottleError, engineError } from "./engine-error.ts";
import { makeNetworks, type AlterNetwork, type BottleNetworks } from "./networks.ts";
import { writtenFolders } from "./sidecar-container.ts";
import { removeContainers, removeHome, removeNetworks, type Of } from "./teardown.ts";

export interface Prepared {
  readonly networks: BottleNetworks;
  /** There was none before. */
  readonly isNewHome: boolean;
}

export async function prepare(
  { engine, root }: DockerContext,
  spec: BottleSpec,
  paths: BottlePaths,
  { steps, signal, alter }: { steps: Steps; signal: AbortSignal; alter: AlterNetwork | undefined },
): Promise<Prepared> {
  const { docker } = engine;
  const of: Of = { root, slug: spec.slug };
  await removeContainers(docker, of, ["agent", "sidecars"]).catch((error: unknown) => {
    throw engine.error(error, "look for what an earlier run left");
  });
  await removeNetworks(docker, of);
  if (!spec.resume) await removeHome(docker, of);
  await forgetEnd(paths, steps);
  await makeFolders(root, paths);
  demandGoOn(signal);

  const isNewHome = !(await hasHome(docker, spec.slug));
  steps.onFailure("the home", async () => {
    if (isNewHome) await removeHome(docker, of);
  });
  steps.onFailure("the networks", () => removeNetworks(docker, of));
  steps.onFailure("the containers", () => removeContainers(docker, of, ["agent", "sidecars"]));
  const [networks] = await bothOf(makeNetworks(docker, of, alter), makeHome(docker, of));
  demandGoOn(signal);
  return { networks, isNewHome };
}

/** Also when the first fails the second has come to its end. */
async function bothOf<One, Other>(one: Promise<One>, other: Promise<Other>): Promise<[One, Other]> {
  const [first, second] = await Promise.allSettled([one, other]);
  if (first.status === "rejected") throw asBottleError(first.reason, "networks");
  if (second.status === "rejected") throw asBottleError(second.reason, "home");
  return [first.value, second.value];
}

/** A resume that fails leaves the bottle as it was. */
async function forgetEnd({ agent, isolation }: BottlePaths, steps: Steps): Promise<void> {
  const before = readBounded(agent.exit);
  if (typeof before === "string") {
    steps.onFailure("the record of its last end", () => writeAtomic(agent.exit, before));
  }
  for (const path of [agent.exit, isolation]) await rm(path, { force: true });
}

/** Made by us before anything is mounted: what the engine makes belongs to root. */
async function makeFolders(root: string, paths: BottlePaths): Promise<void> {
  for (const folder of [...writtenFolders(paths), paths.queue, paths.archive, rootPaths(root).audit]) {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  }
  // The bottle's own user is somebody else; above, everything is closed.
  for (const folder of [paths.agent.boot, dirname(paths.tls.cert), paths.supervise.currentConfig]) {
    await mkdir(folder, { recursive: true, mode: 0o755 });
    await chmod(folder, 0o755);
  }
}

async function hasHome(docker: DockerContext["engine"]["docker"], slug: string): Promise<boolean> {
  return docker
    .getVolume(namesOf(slug).home)
    .inspect()
    .then(
      () => true,
      (error: unknown) => {
        if (statusOf(error) === 404) return false;
        throw asBottleError(error, "home");
      },
    );
}

/** The one that is there is kept as it is. */
async function makeHome(docker: DockerContext["engine"]["docker"], { root, slug }: Of): Promise<void> {
  await docker
    .createVolume({ Name: namesOf(slug).home, Labels: labels(root, slug, "home") })
    .catch(engineError("the home's volume"));
}
