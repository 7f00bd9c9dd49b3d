// What every part of the console is made of.

import type { Backend } from "#contracts/backend.ts";
import type { LaunchContext } from "#core/launch/prepare.ts";
import { BottleError } from "#domain/bottle-error.ts";

import { readMetadata } from "./read-metadata.ts";

export interface ConsoleWorld extends LaunchContext {
  /** Aborts when the console is closed. */
  readonly closed: AbortSignal;
}

/** The backend that holds `slug`. Throws `not-found`, `invalid` for malformed metadata, `unavailable` for a backend that is not ours. */
export async function backendOf(
  { root, backends }: Pick<ConsoleWorld, "root" | "backends">,
  slug: string,
): Promise<Backend> {
  const { backend: name } = await readMetadata(root, slug);
  const backend = backends.find((candidate) => candidate.name === name);
  if (backend !== undefined) return backend;
  throw new BottleError("unavailable", `this version has no backend ${JSON.stringify(name)}`, { where: slug });
}
