// Whether what an image is to be made from is there, before anything is built.

import type { ImageSource } from "#contracts/backend.ts";

import { readDockerfile } from "./context-folder.ts";
import { ourDockerfile } from "./our-files.ts";

/** Throws `invalid` with the file. */
export async function checkSource(source: ImageSource): Promise<void> {
  if (source.kind === "ours") await ourDockerfile(source.name);
  else await readDockerfile(source.path);
}
