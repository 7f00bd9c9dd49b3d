// Puts the proxy of one bottle together, starts it, and takes it down when its parent goes or asks.

import { chmod, mkdir, readFile } from "node:fs/promises";
import { dirname } from "node:path";

import { BottleError } from "#domain/bottle-error.ts";
import { INSIDE } from "#domain/boot/protocol.ts";
import type { RouteTable } from "#domain/egress/route.ts";
import type { OwnSecret } from "#domain/secrets/scanner.ts";
import { READY_LINE } from "#domain/sidecars/ready-line.ts";
import { bottlePaths } from "#lib/paths.ts";

import { askLazily } from "./asking/ask-lazily.ts";
import { openAuthority } from "./certificates/authority.ts";
import { leafContexts } from "./certificates/leaf.ts";
import { createControlServer } from "./control-server.ts";
import { openLimits } from "./limits/open-limits.ts";
import type { Slots } from "./policy/headers.ts";
import { openStoredSeen } from "./seen/stored-seen.ts";
import { openLiveTable } from "./table/live-table.ts";
import { openUses } from "./table/uses.ts";
import { inspectLazily } from "./traffic/inspect-lazily.ts";
import { openLive } from "./traffic/live.ts";
import { createProxy } from "./traffic/proxy.ts";
import { openTrafficLog } from "./traffic/traffic-log.ts";
import { openUpstream } from "./traffic/upstream.ts";

export interface EgressOptions {
  readonly root: string;
  readonly slug: string;
  /** A PEM file with further roots for upstream servers. */
  readonly upstreamCa: string | undefined;
  /** An address that the bottle alone can reach, to listen on as well. */
  readonly listen?: string | undefined;
  readonly slots: Slots;
  /** What must not leave, beside what every rule knows. */
  readonly own: readonly OwnSecret[];
}

const FLUSH_MS = 1000;

/** Resolves when all sockets listen and the authority is there; throws BottleError when the authority or the folders cannot be had. */
export async function runEgress({ root, slug, upstreamCa, listen, slots, own }: EgressOptions): Promise<void> {
  const paths = bottlePaths(root, slug);
  const say = (text: string): void => console.log(text);
  await makeFolders(paths.queue, paths.egress.socket);

  const asking = askLazily({ root, slug }, say);
  const live = openLive();
  const traffic = openTrafficLog(say);
  const table = (): RouteTable => liveTable.current().table;
  const upstream = openUpstream({ table, extraRoots: await readRoots(upstreamCa) });
  const expiry = watchExpiry(() => live.recheck());
  const liveTable = openLiveTable(paths.egress.routes, {
    bad: (reason) => say(`the table was not taken: ${reason}`),
    changed: ({ version, table }) => {
      upstream.renew();
      const closed = live.recheck();
      asking.holds.recheck();
      expiry.schedule(table);
      say(`table ${version} is in force, ${table.routes.length} routes; ${closed} open connections were closed by it`);
    },
  });
  expiry.schedule(table());
  const uses = await openUses(paths.egress.uses, forOneUse(table()), say);
  const limits = await openLimits(paths.egress.usage, table, say);

  const authority = await openAuthority(paths.tls, slug, new Date());
  const contexts = leafContexts(authority);
  const { audit, holds, alarm } = asking;
  const { fingerprintKey } = paths.egress;
  const inspection = inspectLazily(async () => {
    const { openInspection } = await import("./inspection/open-inspection.ts");
    return openInspection({ table, uses, audit, holds, alarm, own, fingerprintKey, problem: say });
  }, say);
  const proxy = createProxy({ table, uses, limits, slots, ...asking, traffic, upstream, live, contexts, inspection });
  const seen = openStoredSeen(paths.egress.seen, say);
  traffic.subscribe((request) => seen.note(request));
  const control = createControlServer({ live: liveTable, uses, traffic, slots, limits, seen });
  await control.listen(paths.egress.control);
  await proxy.listen(
    paths.egress.socket,
    listen === undefined ? undefined : { host: listen, port: INSIDE.egress.port },
  );

  const stop = stopOnce(async () => {
    proxy.close();
    control.close();
    upstream.close();
    liveTable.close();
    await Promise.race([
      Promise.all([uses.flush(), limits.flush(), seen.flush(), asking.flush()]),
      new Promise((resolve) => setTimeout(resolve, FLUSH_MS)),
    ]);
  });
  process.on("SIGHUP", () => {
    liveTable.reload();
    void limits.reread();
  });
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  process.stdout.on("error", stop); // nobody reads any more
  process.stdin.on("error", stop).on("end", stop).on("close", stop).resume();
  await authority(); // made at the first start: tunnels that come earlier wait for it
  say(READY_LINE);
  await seen.recall();
  setImmediate(inspection.prepare);
}

/** Decisions that count as used when nobody can tell whether they are. */
function forOneUse({ routes, dlp_exceptions = [] }: RouteTable): string[] {
  return [...routes, ...dlp_exceptions].flatMap(({ once, decision }) =>
    once === true && decision !== undefined ? [decision] : [],
  );
}

async function readRoots(path: string | undefined): Promise<string> {
  if (path === undefined) return "";
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new BottleError("invalid", "the further roots for upstream servers cannot be read", { where: path, cause });
  }
}

async function makeFolders(queue: string, socket: string): Promise<void> {
  const inside = dirname(socket);
  await mkdir(queue, { recursive: true, mode: 0o700 });
  await mkdir(dirname(inside), { recursive: true, mode: 0o700 });
  await mkdir(inside, { recursive: true, mode: 0o755 });
  await chmod(inside, 0o755); // bound into the bottle, whose user is another; the folder above stays the operator's
}

/** Looks again at what is open when a route's time is over. */
function watchExpiry(expired: () => void): { schedule: (table: RouteTable) => void } {
  let timer: NodeJS.Timeout | undefined;
  const schedule = (table: RouteTable): void => {
    clearTimeout(timer);
    const now = Date.now();
    const next = Math.min(
      ...table.routes.map(({ expires_at }) => Date.parse(expires_at ?? "")).filter((at) => at > now),
    );
    if (!Number.isFinite(next)) return;
    const wait = Math.min(next - now + 5, 2_147_483_647);
    timer = setTimeout(() => {
      expired();
      schedule(table);
    }, wait).unref();
  };
  return { schedule };
}

function stopOnce(close: () => Promise<void>): () => void {
  let stopping = false;
  return () => {
    if (stopping) return;
    stopping = true;
    void close().finally(() => process.exit(0));
  };
}
