// supervise: the agent's way to ask its operator. Serves MCP to one bottle: on a unix socket that is bound into it, and on
// an address of its network where it has one.

import { chmodSync, mkdirSync } from "node:fs";
import type { Server } from "node:net";
import { dirname } from "node:path";

import { BottleError } from "#domain/bottle-error.ts";
import { INSIDE } from "#domain/boot/protocol.ts";
import { READY_LINE } from "#domain/sidecars/bundle.ts";
import { alsoListen } from "#lib/also-listen.ts";
import { bottlePaths } from "#lib/paths.ts";
import { readRedactions } from "#lib/redact/redactions-file.ts";
import { listenUnix } from "#lib/unix-socket.ts";

import { agentStateTaker } from "./agent-state.ts";
import { keepCurrentConfig } from "./current-config.ts";
import { keepCurrentDockerfile } from "./current-dockerfile.ts";
import { newSurface } from "./http-surface.ts";
import { parseSettings } from "./settings.ts";
import { taskResultTaker } from "./task-result.ts";
import { queueTidier } from "./tidy-queue.ts";

/** For answers that are on their way when the daemon is asked to stop. */
const LAST_ANSWERS_MS = 1000;
const tell = (problem: string): void => console.error(problem);
const now = (): Date => new Date();

async function main(): Promise<void> {
  const { root, slug, listen: host, rebuild, waitMs } = parseSettings(process.argv.slice(2), process.env);
  const of = { root, slug };
  const paths = bottlePaths(root, slug);
  const redactions = await readRedactions(paths);
  const stopping = new AbortController();
  const settled = queueTidier(of, now, tell);
  const server = newSurface({
    async loadMcp() {
      const [{ mcpHandler }, { toolsFor }] = await Promise.all([import("./mcp.ts"), import("./tools/registry.ts")]);
      const context = { of, paths, now, waitMs, redact: redactions.text };
      return mcpHandler({ tools: toolsFor({ rebuild }), context, stopping: stopping.signal, settled, tell });
    },
    takeState: agentStateTaker(paths, redactions.text),
    takeResult: taskResultTaker(paths, redactions.text),
    now,
    tell,
  });
  const keeping = [await keepCurrentConfig(paths, tell), await keepCurrentDockerfile(paths, tell)];
  const doors: Pick<Server, "close">[] = [server];

  const stop = (): void => {
    if (stopping.signal.aborted) return;
    for (const stopKeeping of keeping) stopKeeping();
    void Promise.all(doors.map(closed)).then(() => process.exit(0));
    stopping.abort(); // every call that waits answers "pending" now
    server.closeIdleConnections();
    setTimeout(() => process.exit(0), LAST_ANSWERS_MS);
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  process.stdin
    .on("end", () => process.exit(0))
    .on("error", () => process.exit(0))
    .resume(); // the lifeline: init is gone

  await listen(server, paths.supervise.socket);
  if (host !== undefined) doors.push(await alsoListen(server, { host, port: INSIDE.supervise.port }));
  console.log(READY_LINE);
  settled();
}

function closed(server: Pick<Server, "close">): Promise<void> {
  return new Promise((resolve) => void server.close(() => resolve()));
}

/** Anybody who can see the socket may connect: the folder alone is bound into the bottle, whose agent is another user. */
async function listen(server: Parameters<typeof listenUnix>[0], path: string): Promise<void> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  chmodSync(dirname(path), 0o711);
  await listenUnix(server, path, 0o666);
}

try {
  await main();
} catch (error) {
  tell(`supervise: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(error instanceof BottleError && error.code === "usage" ? 2 : 1);
}
