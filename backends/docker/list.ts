// All bottles of one daemon, from one question to it.

import type { Listed } from "#contracts/backend.ts";

import type { ExitRecord } from "#domain/fleet/run-status.ts";
import { isLaunching, readExit, statusOfExit } from "#lib/agent-end/ended.ts";
import { bottlePaths } from "#lib/paths.ts";

import { agentContainers } from "./agent-containers.ts";
import type { DockerContext } from "./context.ts";
import { runningSince, standingOf } from "./status.ts";
import { slugsOf } from "./state-folders.ts";

export async function listBottles(context: DockerContext): Promise<Listed[]> {
  const asked = agentContainers(context);
  asked.catch(() => {}); // waited for below
  // The question is on its way: what is on disk is read while the daemon looks for its answer.
  await new Promise((resolve) => setImmediate(resolve));
  const bottles = await Promise.all(slugsOf(context.root, context.name).map((slug) => onDisk(context, slug)));
  const containers = await asked;
  return Promise.all(
    bottles.map(async ({ slug, launching, exit }) => {
      const container = containers.get(slug);
      // Of most of them that says it all: they run, or their end is on record.
      if (launching) return { slug, status: await standingOf(context, slug, container) };
      if (container?.state === "running") return { slug, status: runningSince(container) };
      return { slug, status: exit === null ? await standingOf(context, slug, container) : statusOfExit(exit) };
    }),
  );
}

interface OnDisk {
  readonly slug: string;
  readonly launching: boolean;
  readonly exit: ExitRecord | null;
}

async function onDisk({ root }: DockerContext, slug: string): Promise<OnDisk> {
  const paths = bottlePaths(root, slug);
  return { slug, launching: isLaunching(paths), exit: await readExit(paths) };
}
