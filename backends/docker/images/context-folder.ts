// A build's context: the folder of the operator's Dockerfile, without what its .dockerignore names.

import { readFile } from "node:fs/promises";

import { BottleError } from "#domain/bottle-error.ts";

import type { TarEntry } from "./tar.ts";

export interface BuildContext {
  readonly dockerfile: string;
  readonly entries: () => AsyncIterable<TarEntry> | Iterable<TarEntry>;
  readonly digest: string;
}

export async function readContext(path: string): Promise<BuildContext> {
  const dockerfile = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new BottleError("invalid", "cannot be read", { where: path, cause });
  });
  return { dockerfile, entries: () => [], digest: "" };
}
