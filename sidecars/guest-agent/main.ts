// The guest agent: holds an agent's terminal in a session of its own, so that agents outlive whoever started them.

import { rm } from "node:fs/promises";

import type { ExitRecord } from "#domain/fleet/run-status.ts";
import type { GuestAgentConfig } from "#domain/guest-agent/config.ts";
import { READY_LINE } from "#domain/sidecars/bundle.ts";
import { openLog } from "#lib/log-file.ts";
import { bottlePaths, type BottlePaths } from "#lib/paths.ts";
import { readPidFile, writePidFile } from "#lib/process-identity.ts";
import { readScreenRules } from "#lib/screen/rules-file.ts";
import { readRedactions } from "#lib/redact/redactions-file.ts";
import { listenUnix } from "#lib/unix-socket.ts";

import { bottleUsage } from "./agent-process.ts";
import { closeShell } from "./close-shell.ts";
import { readOrders } from "./read-orders.ts";
import { auditExit, writeCrash, writeExit } from "#lib/agent-end/record-end.ts";
import { openScrollback } from "./scrollback-file.ts";
import { shellServer, type ShellServer } from "./server.ts";
import { openShell, type Shell } from "./shell.ts";
import { stopSidecars } from "./stop-sidecars.ts";

const LAST_WORDS_MS = 2000;

async function main(): Promise<void> {
  const orders = readOrders(process.stdin);
  const config = await orders.config;
  const paths = bottlePaths(config.root, config.slug);
  const log = openLog(paths.logs.of("agent"), "agent", complain);
  const scrollback = await openScrollback(paths.agent.scrollback);
  const rules = await readScreenRules(paths);
  const shell = openShell({
    ...config,
    scrollback,
    log,
    rules,
    redactions: await readRedactions(paths),
    now: () => new Date(),
  });
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => void closeShell(shell));

  const server = shellServer({ shell, scrollback, usage: usageMeter(paths) });
  await listenUnix(server.server, paths.agent.socket);
  await writePidFile(paths.agent.pid, process.pid);
  process.stdout.on("error", () => {}); // the launcher that read it is gone
  process.stdout.write(`${READY_LINE}\n`);

  let staying = false;
  void orders.stay.then((stay) => {
    staying = stay;
    if (!stay) void closeShell(shell, 0); // the launcher is gone and nothing was proved
  });
  const exit = await shell.ended;
  await finish(config, paths, shell, server, exit, staying);
  await Promise.all([log.close(), scrollback.close()]);
}

/** The record first: whoever sees the end of the connection finds it there. */
async function finish(
  config: GuestAgentConfig,
  paths: BottlePaths,
  shell: Shell,
  server: ShellServer,
  exit: ExitRecord,
  staying: boolean,
): Promise<void> {
  await writeExit(paths, exit, complain);
  if (staying) {
    await writeCrash(paths, exit, (count) => shell.screen.plainTail(count), complain);
    await auditExit({ root: config.root, slug: config.slug }, exit, complain);
  }
  shell.screen.subscribers.state({ type: "exit", exit });
  await stopSidecars(paths.init.socket);
  await rm(paths.agent.socket, { force: true });
  await rm(paths.agent.pid, { force: true });
  await server.close(LAST_WORDS_MS);
}

/** The share since the last question. */
function usageMeter(paths: BottlePaths): () => { cpu: number; memory: number } {
  let before = { at: performance.now(), cpuSeconds: 0 };
  return () => {
    const init = readPidFile(paths.init.pid);
    const { cpuSeconds, memory } = bottleUsage(init === undefined ? [process.pid] : [process.pid, init.pid]);
    const at = performance.now();
    const seconds = (at - before.at) / 1000;
    const cpu = seconds > 0 ? Math.max(0, cpuSeconds - before.cpuSeconds) / seconds : 0;
    before = { at, cpuSeconds };
    return { cpu, memory };
  };
}

function complain(reason: string): void {
  process.stderr.write(`guest-agent: ${reason}\n`);
}

try {
  await main();
  process.exit(0);
} catch (error) {
  complain(error instanceof Error ? (error.stack ?? error.message) : String(error));
  process.exit(1);
}
