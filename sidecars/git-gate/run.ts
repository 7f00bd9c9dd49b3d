// Puts the git gate of one bottle together, starts it, and takes it down when its parent goes or asks.

import { chmod, mkdir, rm } from "node:fs/promises";
import type { Server } from "node:net";
import { dirname, join } from "node:path";

import { BottleError } from "#domain/bottle-error.ts";
import { INSIDE } from "#domain/boot/protocol.ts";
import type { GateRepo, GitGate } from "#domain/git-gate/gate.ts";
import { READY_LINE } from "#domain/sidecars/ready-line.ts";
import { distFolder } from "#lib/programs.ts";
import { listenUnix } from "#lib/unix-socket.ts";

import { gatePaths, type GatePaths } from "./gate-paths.ts";
import { gitEnvironment, type Environment } from "./git/environment.ts";
import { killAllGroups } from "./git/process-groups.ts";
import { maintainMirror } from "./mirror/maintain-mirror.ts";
import { closeMirror, openMirror } from "./mirror/open-mirror.ts";
import { createDaemonServer } from "./serving/daemon-server.ts";
import { createHttpServer } from "./serving/http-server.ts";
import type { Served, ServedRepo } from "./serving/served-repos.ts";
import { openSlots } from "./serving/slots.ts";
import { fetchUpstream } from "./upstream/fetch-upstream.ts";
import { openFreshness } from "./upstream/freshness.ts";

export interface GateOptions {
  readonly root: string;
  readonly slug: string;
  /** An address that the bottle alone can reach; without one, unix sockets only. */
  readonly listen: string | undefined;
  readonly config: GitGate;
  /** EGRESS_SECRET_*: what the hook must not let out. */
  readonly secrets: Environment;
}

const READERS = 8;
const PUSHERS = 4;
const MOST_WAITING = 64;
const MAINTENANCE_MS = 5 * 60_000;
/** For git processes to remove what they were at. */
const LAST_MS = 3000;

/** Resolves when all listen; throws BottleError when a mirror or a socket cannot be had. */
export async function runGate(options: GateOptions): Promise<void> {
  const { config, root, slug } = options;
  const paths = gatePaths(root, slug);
  const say = (text: string): void => console.log(text);
  await makeFolders(paths);
  for (const { name } of config.repos) {
    // oxlint-disable-next-line no-await-in-loop -- each is disk work
    await openMirror(name, { paths, maxPackBytes: config.max_pack_bytes, hookProgram: hookProgram(), say });
  }
  const stopping = new AbortController();
  const repos = new Map(config.repos.map((repo) => [repo.name, servedRepo(repo, options, paths, stopping.signal)]));
  const served: Served = {
    paths,
    repos,
    env: gitEnvironment(paths),
    maxPackBytes: config.max_pack_bytes,
    readers: openSlots(READERS, MOST_WAITING),
    pushers: openSlots(PUSHERS, MOST_WAITING),
    say,
  };
  const servers = await listenAll(served, options.listen);
  const maintenance = setInterval(() => void maintainWhenIdle(served), MAINTENANCE_MS).unref();
  stopWith(async () => {
    clearInterval(maintenance);
    for (const server of servers) server.close();
    stopping.abort();
    await untilQuiet();
    await Promise.all(config.repos.map(({ name }) => closeMirror(name, paths)));
    await rm(paths.ssh, { recursive: true, force: true });
  });
  say(READY_LINE);
}

async function maintainWhenIdle({ repos, paths, readers, pushers }: Served): Promise<void> {
  for (const name of repos.keys()) {
    if (readers.taken + pushers.taken > 0) return;
    // oxlint-disable-next-line no-await-in-loop -- one at a time, in the background
    await maintainMirror(name, paths);
  }
}

function servedRepo(repo: GateRepo, options: GateOptions, paths: GatePaths, signal: AbortSignal): ServedRepo {
  const { root, slug, secrets } = options;
  return {
    repo,
    freshness: openFreshness(() => fetchUpstream(repo, paths, { lock: "take", signal })),
    hookEnv: {
      ...secrets,
      GATE_ROOT: root,
      GATE_SLUG: slug,
      GATE_REPO: repo.name,
      GATE_CONFIG: JSON.stringify(repo),
    },
  };
}

async function listenAll(served: Served, host: string | undefined): Promise<Server[]> {
  const [http, daemon] = [createHttpServer(served), createDaemonServer(served)];
  await listenUnix(http, served.paths.http, 0o666);
  await listenUnix(daemon, served.paths.daemon, 0o666);
  if (host === undefined) return [http, daemon];
  const [tcpHttp, tcpDaemon] = [createHttpServer(served), createDaemonServer(served)];
  await listenTcp(tcpHttp, host, INSIDE.gitHttp.port);
  await listenTcp(tcpDaemon, host, INSIDE.gitDaemon.port);
  return [http, daemon, tcpHttp, tcpDaemon];
}

function listenTcp(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause) =>
      reject(new BottleError("failed", `cannot listen (${cause.message})`, { where: `${host}:${port}`, cause })),
    );
    server.listen({ host, port }, resolve);
  });
}

/** The sockets' folder alone is bound into the bottle, whose user is another; the folder above stays the operator's. */
async function makeFolders(paths: GatePaths): Promise<void> {
  const inside = dirname(paths.http);
  await mkdir(paths.dir, { recursive: true, mode: 0o700 });
  await mkdir(inside, { recursive: true, mode: 0o711 });
  await chmod(inside, 0o711);
  await rm(paths.ssh, { recursive: true, force: true });
  await rm(paths.home, { recursive: true, force: true });
  await mkdir(paths.home, { mode: 0o700 });
}

function hookProgram(): string {
  return join(distFolder(), "sidecars", "git-gate-hook.js");
}

function stopWith(close: () => Promise<void>): void {
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    void close().finally(() => process.exit(0));
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  process.stdout.on("error", stop); // nobody reads any more
  process.stdin.on("error", stop).on("end", stop).on("close", stop).resume();
}

/** A git that is asked to end removes its temporary files; after that it is killed. */
async function untilQuiet(): Promise<void> {
  killAllGroups("SIGTERM");
  const until = Date.now() + LAST_MS;
  while (killAllGroups("SIGTERM") > 0 && Date.now() < until) {
    // oxlint-disable-next-line no-await-in-loop -- until they are gone
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  killAllGroups("SIGKILL");
}
