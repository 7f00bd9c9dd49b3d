// Images of ours that newer ones have taken the place of.

import type { Engine } from "../engine/engine.ts";
import { LABEL } from "../names.ts";

/** Of each name so many are kept: other dashboards on the same daemon may be of another version. */
const KEPT = 4;

/** Removes what no container uses, `newest` excepted. Never throws: what stays is only in the way of the disk. */
export async function removeSuperseded(engine: Engine, repository: string, newest: string): Promise<void> {
  const filters = JSON.stringify({ reference: [repository], label: [`${LABEL.role}=image`] });
  const images = await engine.docker.listImages({ filters }).catch(() => []);
  const old = images.toSorted((a, b) => b.Created - a.Created).slice(KEPT);
  const tags = old.flatMap(({ RepoTags }) => RepoTags ?? []);
  // What is built anew from the builder's cache has the time of then.
  for (const tag of tags.filter((name) => name !== newest && name.startsWith(`${repository}:`))) {
    // Refused for one that a container was made from.
    await engine.docker
      .getImage(tag)
      .remove()
      .catch(() => {});
  }
}
