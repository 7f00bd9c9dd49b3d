// The Dockerfile that a bottle is made from: the one that was approved last.

import { readFile } from "node:fs/promises";

import { isErrno } from "#lib/atomic-file.ts";
import { bottlePaths } from "#lib/paths.ts";

/** Undefined for a bottle that was made from no file that is kept. */
export async function dockerfileOf(root: string, slug: string): Promise<string | undefined> {
  try {
    return await readFile(bottlePaths(root, slug).agent.dockerfile, "utf8");
  } catch (error) {
    if (isErrno(error, "ENOENT")) return undefined;
    throw error;
  }
}
