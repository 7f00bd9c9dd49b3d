// Which bottle a slug is.

import { readdir } from "node:fs/promises";
import { join } from "node:path";

import { Metadata } from "#domain/fleet/metadata.ts";
import { BottleError } from "#domain/bottle-error.ts";
import { isSlug } from "#domain/slug.ts";
import { bottlePaths } from "#lib/paths.ts";
import { readChecked } from "#lib/store/read-checked.ts";

/** Throws `not-found`, or `invalid` when the file is malformed. */
export async function readMetadata(root: string, slug: string): Promise<Metadata> {
  const path = bottlePaths(root, slug).metadata;
  const read = await readChecked(path, Metadata);
  if (read.state === "ok") return read.value;
  if (read.state === "bad") throw new BottleError("invalid", read.message, { where: path });
  throw new BottleError("not-found", `there is no bottle ${slug}${await agentsBottle(root, slug)}`, {
    hint: "see `bottle-dash list`",
  });
}

/** Who types an agent's name means its bottle, whose name begins with it. */
async function agentsBottle(root: string, name: string): Promise<string> {
  const slugs = await readdir(join(root, "state")).catch(() => []);
  const meant = slugs.filter((slug) => isSlug(slug) && slug.replace(/-[a-z0-9]{5}$/, "") === name).toSorted();
  return meant.length === 0 ? "" : ` (did you mean ${meant.slice(0, 3).join(", ")}?)`;
}
