// Where crashes were written down: the dashboard's own log and each bottle's.

import { readdir, stat } from "node:fs/promises";

import type { CrashLog } from "#contracts/console.ts";
import { isSlug } from "#domain/slug.ts";
import { isErrno } from "#lib/atomic-file.ts";
import { bottlePaths, rootPaths } from "#lib/paths.ts";

/** Newest first; files that are not there are left out. */
export async function listCrashLogs(root: string): Promise<CrashLog[]> {
  const { crashLog, state } = rootPaths(root);
  const slugs = (await namesIn(state)).filter(isSlug);
  const places = [
    { of: "dashboard", path: crashLog },
    ...slugs.map((slug) => ({ of: slug, path: bottlePaths(root, slug).logs.crash })),
  ];
  const found = await Promise.all(places.map(describe));
  return found.filter((log) => log !== undefined).toSorted((a, b) => (a.modified < b.modified ? 1 : -1));
}

async function describe({ of, path }: { of: string; path: string }): Promise<CrashLog | undefined> {
  const found = await stat(path).catch(absent);
  return found === undefined ? undefined : { of, path, modified: found.mtime.toISOString(), bytes: found.size };
}

async function namesIn(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(absent)) ?? [];
}

function absent(error: unknown): undefined {
  if (isErrno(error, "ENOENT") || isErrno(error, "ENOTDIR")) return undefined;
  throw error;
}
