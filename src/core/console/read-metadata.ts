// Which bottle a slug is.

import { Metadata } from "#domain/fleet/metadata.ts";
import { BottleError } from "#domain/bottle-error.ts";
import { bottlePaths } from "#lib/paths.ts";
import { readChecked } from "#lib/store/read-checked.ts";

/** Throws `not-found`, or `invalid` when the file is malformed. */
export async function readMetadata(root: string, slug: string): Promise<Metadata> {
  const path = bottlePaths(root, slug).metadata;
  const read = await readChecked(path, Metadata);
  if (read.state === "ok") return read.value;
  if (read.state === "bad") throw new BottleError("invalid", read.message, { where: path });
  throw new BottleError("not-found", `there is no bottle ${slug}`, { hint: "see `bottle-dash list all`" });
}
