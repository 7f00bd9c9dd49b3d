// `bottle-dash init <name>`: a bottle definition and an agent definition to begin with. Never overwrites.

import { rm, stat } from "node:fs/promises";
import { join } from "node:path";

import { BottleError } from "#domain/bottle-error.ts";
import { agentTemplate, bottleTemplate } from "#domain/definition/templates.ts";
import { NAME } from "#domain/slug.ts";
import { createExclusive } from "#lib/atomic-file.ts";
import { rootPaths } from "#lib/paths.ts";

export interface Created {
  readonly bottle: string;
  readonly agent: string;
}

/** The paths of both files. Throws `invalid` for a name that cannot be one, `conflict` when either is there; then neither is made. */
export async function createDefinitions(root: string, name: string): Promise<Created> {
  if (!NAME.test(name) || name.length > 60) {
    throw new BottleError("invalid", `${JSON.stringify(name)} cannot name a definition`, {
      hint: "use at most 60 of a-z, 0-9 and -, a letter first",
    });
  }
  const { bottles, agents } = rootPaths(root);
  const bottle = join(bottles, `${name}.md`);
  const agent = join(agents, `${name}.md`);
  if ((await stat(agent).catch(() => undefined)) !== undefined) throw isThere(agent);
  if (!(await createExclusive(bottle, bottleTemplate(name)))) throw isThere(bottle);
  if (await createExclusive(agent, agentTemplate(name))) return { bottle, agent };
  await rm(bottle); // somebody made the agent between the look and now
  throw isThere(agent);
}

function isThere(path: string): BottleError {
  return new BottleError("conflict", "is there already", { where: path, hint: "choose another name, or edit it" });
}
