// Which bottle a proposal belongs to, when only its id is known: on the command line.

import { existsSync } from "node:fs";

import { BottleError } from "#domain/bottle-error.ts";
import { parseProposalId } from "#domain/proposal/id.ts";
import { isSlug } from "#domain/slug.ts";
import { rootPaths } from "#lib/paths.ts";

import { queueFile, queueFolders } from "./queue-files.ts";
import { namesIn } from "./read-queue.ts";

/** The slug; archived proposals too. Throws `not-found`, and `invalid` for what is no id. */
export async function slugOfProposal(root: string, id: string): Promise<string> {
  parseProposalId(id);
  const { queue: all } = rootPaths(root);
  for (const slug of (await namesIn(all)).filter((name) => isSlug(name))) {
    const { queue, archive } = queueFolders({ root, slug });
    if (existsSync(queueFile(queue, id, "proposal")) || existsSync(queueFile(archive, id, "proposal"))) return slug;
  }
  throw new BottleError("not-found", `there is no proposal ${id}`, { hint: "see `bottle-dash proposals --all`" });
}
