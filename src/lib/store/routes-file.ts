// `egress/routes.yaml`: read, and changed by one process at a time.

import { readFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { join } from "node:path";

import { BottleError } from "#domain/bottle-error.ts";
import type { RouteTable } from "#domain/egress/route.ts";
import { parseRouteTable, renderRouteTable } from "#domain/egress/table.ts";
import { isErrno, writeAtomic } from "#lib/atomic-file.ts";
import { sha256 } from "#lib/hash.ts";
import { bottlePaths } from "#lib/paths.ts";

import { withLock } from "./lock.ts";
import type { QueueOf } from "./queue-files.ts";

export interface RoutesFile {
  readonly table: RouteTable;
  /** SHA-256 of the text: what the proxy shows as `table_digest` once it is in force. */
  readonly digest: string;
}

/** Throws `not-found` when the bottle is gone, and `invalid` for a file that is no table. */
export async function readRoutes(of: QueueOf): Promise<RoutesFile> {
  const path = bottlePaths(of.root, of.slug).egress.routes;
  try {
    const text = await readFile(path, "utf8");
    return { table: parseRouteTable(text, path), digest: sha256(text) };
  } catch (error) {
    if (isErrno(error, "ENOENT") || isErrno(error, "ENOTDIR")) throw gone(of, path);
    throw error;
  }
}

/** For one who holds the routes' lock. */
export async function writeRoutes(of: QueueOf, table: RouteTable): Promise<RoutesFile> {
  const text = renderRouteTable(table);
  await writeAtomic(bottlePaths(of.root, of.slug).egress.routes, text);
  return { table, digest: sha256(text) };
}

/** Runs `task` while nobody else changes the file. Throws `not-found` when the bottle is gone: its folder is not made again. */
export function withRoutesLock<T>(of: QueueOf, task: () => Promise<T>): Promise<T> {
  const { dir, routes } = bottlePaths(of.root, of.slug).egress;
  if (!existsSync(routes)) return Promise.reject(gone(of, routes));
  return withLock(join(dir, ".routes.lock"), task);
}

/** Changes the table under the lock; the same object from `change` writes nothing. */
export function changeRoutes(of: QueueOf, change: (table: RouteTable) => RouteTable): Promise<RoutesFile> {
  return withRoutesLock(of, async () => {
    const before = await readRoutes(of);
    const table = change(before.table);
    return table === before.table ? before : writeRoutes(of, table);
  });
}

function gone({ slug }: QueueOf, where: string): BottleError {
  return new BottleError("not-found", `bottle ${slug} is gone`, { where });
}
