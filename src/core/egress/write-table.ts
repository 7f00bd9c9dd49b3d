// A bottle's table on disk, for our proxy and, the same, for one that somebody runs behind it.

import { renderPipelock } from "#domain/egress/pipelock.ts";
import type { RouteTable } from "#domain/egress/route.ts";
import { writeAtomic } from "#lib/atomic-file.ts";
import { bottlePaths } from "#lib/paths.ts";
import type { QueueOf } from "#lib/store/queue-files.ts";
import { type RoutesFile, writeRoutes } from "#lib/store/routes-file.ts";

/** For one who holds the routes' lock. */
export async function writeTable(of: QueueOf, table: RouteTable): Promise<RoutesFile> {
  const written = await writeRoutes(of, table);
  // What our own proxy enforces is written: the copy for another is no reason to fail, and can be printed at any time.
  await writePipelock(of, table).catch(() => {});
  return written;
}

async function writePipelock({ root, slug }: QueueOf, table: RouteTable): Promise<void> {
  const { pipelock } = bottlePaths(root, slug);
  await writeAtomic(pipelock.config, pipelockText({ root, slug }, table));
}

export function pipelockText({ root, slug }: QueueOf, table: RouteTable): string {
  const { tls } = bottlePaths(root, slug);
  return renderPipelock(table, { cert: tls.cert, key: tls.key });
}
