// Keeps what the agent sees under /etc/bot-bottle/current-config up to date: its routes, without secrets.

import { chmod, mkdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { stringify } from "yaml";

import { publicRoutes } from "#domain/egress/public-table.ts";
import { parseRouteTable } from "#domain/egress/table.ts";
import type { RouteTable } from "#domain/egress/route.ts";
import { isErrno, writeAtomic } from "#lib/atomic-file.ts";
import type { BottlePaths } from "#lib/paths.ts";
import { watchFolder } from "#lib/store/watch-folder.ts";

const HEADING =
  "# What this bottle may reach, without its secrets. A copy: changing it changes nothing; ask with egress-block.\n";

/** Resolves when the files are there; then follows each change. A table that cannot be read leaves the last copy, and is told. */
export async function keepCurrentConfig(paths: BottlePaths, tell: (problem: string) => void): Promise<() => void> {
  await mkdir(paths.egress.dir, { recursive: true, mode: 0o700 });
  await mkdir(paths.supervise.dir, { recursive: true, mode: 0o700 });
  await mkdir(paths.supervise.currentConfig, { recursive: true });
  await chmod(paths.supervise.currentConfig, 0o755); // the agent is another user
  let last: string | undefined;
  const copy = async (): Promise<void> => {
    try {
      const text = publicText(
        parseRouteTable(await readFile(paths.egress.routes, "utf8"), paths.egress.routes),
        new Date(),
      );
      if (text === last) return;
      const target = join(paths.supervise.currentConfig, "routes.yaml");
      await writeAtomic(target, text, 0o644);
      await chmod(target, 0o644);
      last = text;
    } catch (error) {
      if (isErrno(error, "ENOENT")) return; // there is no table yet
      tell(`current-config is not up to date: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  let turn = Promise.resolve();
  const stop = watchFolder(paths.egress.dir, (name) => {
    if (name === null || name === basename(paths.egress.routes)) turn = turn.then(copy);
  });
  turn = turn.then(copy);
  await turn;
  return stop;
}

/** As YAML, in the words of definitions. */
function publicText(table: RouteTable, now: Date): string {
  const { on_unknown_host, budget } = table;
  const shown = { on_unknown_host, ...(budget === undefined ? {} : { budget }), routes: publicRoutes(table, now) };
  return HEADING + stringify(shown, { schema: "core", lineWidth: 0, aliasDuplicateObjects: false });
}
