// The operator's side of an egress proxy without the proxy: it loads routes.yaml when it changes and says so.

import { readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";

import { type EgressStatus, NO_TRAFFIC } from "#domain/egress/control.ts";
import type { RouteTable, TableRoute } from "#domain/egress/route.ts";
import { parseRouteTable } from "#domain/egress/table.ts";
import { writeAtomic } from "#lib/atomic-file.ts";
import { sha256 } from "#lib/hash.ts";
import { bottlePaths } from "#lib/paths.ts";
import type { QueueOf } from "#lib/store/queue-files.ts";
import { writeRoutes } from "#lib/store/routes-file.ts";
import { watchFolder } from "#lib/store/watch-folder.ts";
import { listenUnix } from "#lib/unix-socket.ts";

import { NOW } from "./store.ts";

export interface FakeProxy {
  /** What it enforces. */
  routes(): readonly TableRoute[];
  table(): RouteTable;
  stop(): Promise<void>;
}

/** `stuck` never loads another table, `refusing` says that it cannot. */
export async function fakeProxy(
  of: QueueOf,
  manner: "obedient" | "stuck" | "refusing" = "obedient",
): Promise<FakeProxy> {
  const { egress } = bottlePaths(of.root, of.slug);
  let table: RouteTable;
  let digest = "";
  let version = 0;
  const load = (): void => {
    const text = readFileSync(egress.routes, "utf8");
    if (sha256(text) === digest) return;
    table = parseRouteTable(text);
    digest = sha256(text);
    version += 1;
  };
  load();
  const server = createServer((_request, response) => {
    const status: EgressStatus = {
      version,
      table_digest: digest,
      table,
      ...(manner === "refusing" ? { reload_error: "routes.yaml:3: it is Tuesday" } : {}),
      counters: NO_TRAFFIC,
      recent: [],
    };
    response.end(JSON.stringify(status));
  });
  await listenUnix(server, egress.control);
  const stopWatching = watchFolder(egress.dir, (name) =>
    name === "routes.yaml" && manner === "obedient" ? load() : undefined,
  );
  return {
    routes: () => table.routes,
    table: () => table,
    async stop() {
      stopWatching();
      await closed(server);
      rmSync(egress.control, { force: true });
    },
  };
}

/** A running bottle as far as a decision looks at it: its identity, its definition and its table. */
export async function runningBottle(
  of: QueueOf,
  routes: readonly TableRoute[] = [],
  definition = "---\negress:\n  routes: []\n---\n",
): Promise<void> {
  const { metadata } = bottlePaths(of.root, of.slug);
  await writeAtomic(
    metadata,
    JSON.stringify({ identity: of.slug, agent_name: "demo", started_at: NOW.toISOString(), bottle: "dev" }),
  );
  await writeAtomic(`${of.root}/bottles/dev.md`, definition);
  await writeRoutes(of, { version: 1, on_unknown_host: "block", hold_seconds: 120, hosts: {}, routes: [...routes] });
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}
