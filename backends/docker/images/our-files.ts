// What of ours goes into images: the Dockerfiles that are shipped, and our built programs.

import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";

import { BottleError } from "#domain/bottle-error.ts";
import { sha256 } from "#lib/hash.ts";
import { distFolder, programsFolder } from "#lib/programs.ts";

import type { TarEntry } from "./tar.ts";

/** Set at build time in the bundles (src/lib/programs.ts). */
declare const BOTTLE_DIST_IS_HERE: boolean | undefined;

/** One of `backends/docker/images/<name>/Dockerfile`; throws `invalid` where there is none of that name. */
export async function ourDockerfile(name: string): Promise<string> {
  const folder = typeof BOTTLE_DIST_IS_HERE === "undefined" ? import.meta.dirname : join(distFolder(), "images");
  if (!/^[a-z][a-z0-9-]*$/.test(name)) throw unknown(name);
  const path = join(folder, name, "Dockerfile");
  return readFile(path, "utf8").catch((cause: unknown) => {
    throw unknown(name, cause);
  });
}

function unknown(name: string, cause?: unknown): BottleError {
  return new BottleError("invalid", `there is no image ${JSON.stringify(name)}`, {
    hint: "name a `dockerfile` of your own in the definition",
    cause,
  });
}

export interface OurPrograms {
  readonly entries: readonly TarEntry[];
  readonly digest: string;
}

/** Our built programs, below `programs/` as they are below dist: the sidecars, and the demo's agent, which runs in a bottle. */
export async function ourPrograms(): Promise<OurPrograms> {
  const folder = programsFolder();
  const sidecars = (await readdir(folder)).filter((name) => name.endsWith(".js")).sort();
  const names = [...sidecars.map((name) => `sidecars/${name}`), "demo/agent.js"];
  const files = await Promise.all(
    names.map(async (name) => ({ name, content: await readFile(join(distFolder(), name)) })),
  );
  return {
    entries: files.map(({ name, content }) => ({
      type: "file",
      path: `programs/${name}`,
      mode: 0o644,
      size: content.length,
      content,
    })),
    digest: sha256(files.map(({ name, content }) => `${name} ${sha256(content)}\n`).join("")),
  };
}
