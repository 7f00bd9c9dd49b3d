// What a bottle is made from, where its backend uses images: the definition's own Dockerfile, else the provider's image.

import { stat } from "node:fs/promises";

import type { ImageSource } from "#contracts/backend.ts";
import type { Provider } from "#contracts/provider.ts";
import { BottleError } from "#domain/bottle-error.ts";
import type { Bottle } from "#domain/definition/bottle.ts";

import { operatorPath, type PathsOf } from "./operator-path.ts";

/** Throws `invalid`, naming the definition, for a Dockerfile that is not there. */
export async function imageOf({ name, agent_provider }: Bottle, provider: Provider, of: PathsOf): Promise<ImageSource> {
  const { dockerfile } = agent_provider;
  if (dockerfile === undefined || dockerfile === "") return provider.image;
  const path = operatorPath(dockerfile, of);
  const found = await stat(path).catch(() => undefined);
  if (found?.isFile() === true) return { kind: "dockerfile", path };
  throw new BottleError("invalid", `the Dockerfile ${path} ${found === undefined ? "is not there" : "is no file"}`, {
    where: `bottle ${name}: agent_provider.dockerfile`,
    hint: "write an absolute path, one that begins with ~/, or one below the root folder",
  });
}
