// All bottles of one daemon, from one question to it.

import type { Listed } from "#contracts/backend.ts";

import { agentContainers } from "./agent-containers.ts";
import type { DockerContext } from "./context.ts";
import { standingOf } from "./status.ts";
import { slugsOf } from "./state-folders.ts";

export async function listBottles(context: DockerContext): Promise<Listed[]> {
  const containers = await agentContainers(context);
  return Promise.all(
    slugsOf(context.root, context.name).map(async (slug) => ({
      slug,
      status: await standingOf(context, slug, containers.get(slug)),
    })),
  );
}
