// The text that an image is made from, for people and for agents to read.

import type { ImageSource } from "#contracts/backend.ts";

import { readDockerfile } from "./context-folder.ts";
import { ourDockerfile } from "./our-files.ts";

/** Without the layer that we put on top. Throws `invalid` with the file. */
export async function dockerfileText(source: ImageSource): Promise<string> {
  return source.kind === "ours" ? await ourDockerfile(source.name) : await readDockerfile(source.path);
}
