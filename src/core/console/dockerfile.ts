// The Dockerfile that a bottle is made from: the one that was approved last, else that of its launch.

import { readFile } from "node:fs/promises";

import { isErrno } from "#lib/atomic-file.ts";
import { bottlePaths } from "#lib/paths.ts";

/** Undefined for a bottle that was made from no file that is kept. */
export async function dockerfileOf(root: string, slug: string): Promise<string | undefined> {
  return (await approvedDockerfile(root, slug)) ?? (await textOf(bottlePaths(root, slug).supervise.currentDockerfile));
}

/** The one that was approved last: what the next start is made from, whatever the definition says. */
export async function approvedDockerfile(root: string, slug: string): Promise<string | undefined> {
  return await textOf(bottlePaths(root, slug).agent.dockerfile);
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (isErrno(error, "ENOENT") || isErrno(error, "ENOTDIR")) return undefined;
    throw error;
  }
}
