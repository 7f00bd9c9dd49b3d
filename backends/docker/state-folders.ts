// Which state folders belong to a backend of this kind, by what their metadata says: read without asking any daemon.

import { readdirSync } from "node:fs";
import { basename, dirname } from "node:path";

import { isSlug } from "#domain/slug.ts";
import { bottlePaths, rootPaths } from "#lib/paths.ts";
import { readBounded } from "#lib/read-bounded.ts";

export function slugsOf(root: string, backend: string): string[] {
  return namesIn(rootPaths(root).state).filter((name) => isSlug(name) && backendOf(root, name) === backend);
}

/** As `slugsOf`, but looks no further than the first. */
export function hasBottleOf(root: string, backend: string): boolean {
  return namesIn(rootPaths(root).state).some((name) => isSlug(name) && backendOf(root, name) === backend);
}

/** Undefined where there is no readable metadata: the fleet shows that as a problem of its own. */
export function backendOf(root: string, slug: string): string | undefined {
  try {
    const metadata: unknown = JSON.parse(readBounded(bottlePaths(root, slug).metadata) ?? "null");
    if (typeof metadata !== "object" || metadata === null) return undefined;
    // Written by bot-bottle too, which knew docker alone.
    const named: unknown = "backend" in metadata ? metadata.backend : "docker";
    return typeof named === "string" ? named : undefined;
  } catch {
    return undefined;
  }
}

/** The slug whose `metadata.json` `path` is. */
export function slugOfMetadata(root: string, path: string): string | undefined {
  const slug = basename(dirname(path));
  return isSlug(slug) && path === bottlePaths(root, slug).metadata ? slug : undefined;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // no bottle yet
  }
}
