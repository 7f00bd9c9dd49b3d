// All bottles of one daemon, from one question to it.

import type { Listed } from "#contracts/backend.ts";

import { isLaunching } from "#lib/agent-end/ended.ts";
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
  const bottles = slugsOf(context.root, context.name).map((slug) => ({
    slug,
    isLaunching: isLaunchingNow(context, slug),
  }));
  const containers = await asked;
  return Promise.all(
    bottles.map(async ({ slug, isLaunching }) => {
      const container = containers.get(slug);
      // Most of them run, and of those the list says it all.
      const status =
        container?.state === "running" && !isLaunching
          ? runningSince(container)
          : await standingOf(context, slug, container);
      return { slug, status };
    }),
  );
}

function isLaunchingNow({ root }: DockerContext, slug: string): boolean {
  return isLaunching(bottlePaths(root, slug));
}
