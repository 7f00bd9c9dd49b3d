// The images that a Dockerfile begins from: pulled where they are missing, and part of what it is made from.

import type { Readable } from "node:stream";

import { BottleError } from "#domain/bottle-error.ts";

import type { Engine } from "../engine/engine.ts";
import { reasonOf, statusOf } from "../engine/errors.ts";
import { basesOf } from "./dockerfile.ts";
import { eachMessage } from "./messages.ts";

/** Their ids, in order. Throws `unavailable` where one is neither there nor to be had. */
export async function ensureBases(
  engine: Engine,
  dockerfile: string,
  output: (line: string) => void,
  signal: AbortSignal,
): Promise<string[]> {
  const ids: string[] = [];
  for (const base of basesOf(dockerfile)) {
    ids.push((await idOf(engine, base)) ?? (await pull(engine, base, output, signal)));
  }
  return ids;
}

/** Undefined where the daemon has none of that name. */
export async function idOf(engine: Engine, image: string): Promise<string | undefined> {
  try {
    return (await engine.docker.getImage(image).inspect()).Id;
  } catch (cause) {
    if (statusOf(cause) === 404) return undefined;
    throw engine.error(cause, `look for the image ${image}`);
  }
}

async function pull(
  engine: Engine,
  image: string,
  output: (line: string) => void,
  signal: AbortSignal,
): Promise<string> {
  output(`pulling ${image}`);
  let failure: string | undefined;
  try {
    const stream = (await engine.docker.pull(image, { abortSignal: signal })) as Readable;
    await eachMessage(
      stream,
      ({ status, id, progress, error }) => {
        failure ??= error;
        // Bars are redrawn many times a second: what begins and ends is enough.
        if (status !== undefined && progress === undefined) output(id === undefined ? status : `${id}: ${status}`);
      },
      signal,
    );
  } catch (cause) {
    if (signal.aborted) throw new BottleError("failed", "was interrupted", { where: `pulling ${image}`, cause });
    if (statusOf(cause) === undefined) throw engine.error(cause, `pull ${image}`);
    failure = reasonOf(cause);
  }
  const id = failure === undefined ? await idOf(engine, image) : undefined;
  if (id !== undefined) return id;
  throw new BottleError("unavailable", `cannot be pulled: ${failure ?? "it is not there afterwards"}`, {
    where: `image ${image}`,
    hint: `bring it to the daemon by hand (\`docker pull ${image}\`, or \`docker load\` where there is no registry)`,
  });
}
