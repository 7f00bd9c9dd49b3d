// Bottles of which the engine still holds something although their state folder is gone.

import { existsSync } from "node:fs";

import { isSlug } from "#domain/slug.ts";
import { bottlePaths } from "#lib/paths.ts";

import type { DockerContext } from "../context.ts";
import { isNamedByUs, LABEL, rootLabel } from "../names.ts";

/** Slugs, sorted. */
export async function leftoversDocker({ engine, root }: DockerContext): Promise<string[]> {
  const { docker } = engine;
  const label = [`${LABEL.root}=${rootLabel(root)}`];
  const [containers, networks, { Volumes: volumes }] = await Promise.all([
    docker.listContainers({ all: true, filters: { label } }),
    docker.listNetworks({ filters: { label } }),
    docker.listVolumes({ filters: JSON.stringify({ label }) }),
  ]).catch((error: unknown) => {
    throw engine.error(error, "look for what is left of bottles");
  });
  const ours = containers.filter(isNamedByUs);
  const found = [...ours, ...networks, ...(volumes ?? [])].map(({ Labels }) => Labels?.[LABEL.slug] ?? "");
  return [...new Set(found)].filter((slug) => isSlug(slug) && !existsSync(bottlePaths(root, slug).state)).sort();
}
