// Finds everything of a bottle in the engine by its labels, and takes it away: whatever state an interruption left it in.

import type Dockerode from "dockerode";

import { BottleError } from "#domain/bottle-error.ts";

import { isNamedByUs, LABEL, rootLabel, type Role } from "../names.ts";
import { statusOf } from "../engine/errors.ts";
import { asBottleError, isGone } from "./engine-error.ts";

export interface Of {
  readonly root: string;
  readonly slug: string;
}

function labelFilter({ root, slug }: Of, role?: Role): string[] {
  return [
    `${LABEL.root}=${rootLabel(root)}`,
    `${LABEL.slug}=${slug}`,
    ...(role === undefined ? [] : [`${LABEL.role}=${role}`]),
  ];
}

/** By label and by name. */
export async function containersOf(docker: Dockerode, of: Of, role?: Role): Promise<Dockerode.ContainerInfo[]> {
  const found = await docker.listContainers({ all: true, filters: { label: labelFilter(of, role) } });
  return found.filter(isNamedByUs);
}

/** Kills and removes all containers of `roles`; whoever wants an agent's end on record sees to that before. */
export async function removeContainers(docker: Dockerode, of: Of, roles: readonly Role[]): Promise<void> {
  const found = await containersOf(docker, of);
  const wanted = found.filter(({ Labels }) => roles.some((role) => Labels[LABEL.role] === role));
  await all(wanted.map(({ Id, Names }) => removeContainer(docker, Id, Names[0]?.slice(1) ?? Id)));
}

export async function removeContainer(docker: Dockerode, id: string, name = id): Promise<void> {
  await gone(`container ${name}`, () => docker.getContainer(id).remove({ force: true, v: true }));
}

/** Fails while a container that runs is on one of them. */
export async function removeNetworks(docker: Dockerode, of: Of): Promise<void> {
  const networks = await docker.listNetworks({ filters: { label: labelFilter(of) } });
  await all(networks.map(({ Id, Name }) => gone(`network ${Name}`, () => docker.getNetwork(Id).remove())));
}

export async function removeHome(docker: Dockerode, of: Of): Promise<void> {
  const { Volumes } = await docker.listVolumes({ filters: JSON.stringify({ label: labelFilter(of, "home") }) });
  await all((Volumes ?? []).map(({ Name }) => gone(`volume ${Name}`, () => docker.getVolume(Name).remove())));
}

const ATTEMPTS = 20;
const AGAIN_MS = 100;

/**
 * Does what it takes until the thing is not there any more. What is being removed by somebody else, or is still held by a
 * container that just ended, is asked for again: the engine has no event for "now it can be removed".
 */
async function gone(what: string, remove: () => Promise<unknown>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await remove();
      return;
    } catch (error) {
      if (statusOf(error) === 404) return;
      const passes = isGone(error) || [403, 409, 500].includes(statusOf(error) ?? 0);
      if (!passes || attempt >= ATTEMPTS) throw asBottleError(error, what);
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }
}

/** Waits for all, also when one fails: nothing goes on behind the caller's back. Throws the first failure. */
export async function all<Result>(work: readonly Promise<Result>[]): Promise<Result[]> {
  const results = await Promise.allSettled(work);
  const failed = results.find((result) => result.status === "rejected");
  if (failed !== undefined) {
    throw failed.reason instanceof Error ? failed.reason : new BottleError("failed", String(failed.reason));
  }
  return results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
}
