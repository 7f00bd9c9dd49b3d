// init: starts the sidecars of one bottle, keeps them running, and takes them down with it. PID 1 in the sidecar image.

import { bottlePaths } from "#lib/paths.ts";

import { openBundleLog } from "./bundle-log.ts";
import { newMailbox, type Mailbox } from "./mailbox.ts";
import { readConfig } from "./read-config.ts";
import { restartRecorder } from "./record-restart.ts";
import { runBundle } from "./run-bundle.ts";

async function main(): Promise<number> {
  const mailbox = newMailbox();
  listenToSignals(mailbox);
  const config = await readConfig(process.stdin);
  const launcherLeft = inputEnded();
  const log = openBundleLog(bottlePaths(config.root, config.slug), process.stdout, () => new Date());
  const audit = restartRecorder(config, (problem) => log.write("init", problem));
  try {
    return await runBundle({
      config,
      mailbox,
      log,
      env: process.env,
      output: process.stdout,
      launcherLeft,
      audit: audit.record,
    });
  } finally {
    await audit.done();
    await log.close();
  }
}

/** What still comes after the configuration means nothing; an attached engine may hold our input open for long. */
function inputEnded(): Promise<void> {
  const { stdin } = process;
  if (stdin.readableEnded || stdin.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    for (const event of ["end", "close", "error"] as const) stdin.on(event, () => resolve());
    stdin.resume();
    // Nothing waits for it alone: a bundle that has stopped ends whoever still writes.
    if ("unref" in stdin && typeof stdin.unref === "function") stdin.unref();
  });
}

/** Handlers only record; the loop acts. */
function listenToSignals(mailbox: Mailbox): void {
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => mailbox.post({ type: "stop-requested", by: signal }));
  }
  process.on("SIGHUP", () => mailbox.post({ type: "reload-requested" }));
  process.on("SIGUSR1", () => mailbox.post({ type: "pipelock-restart-requested" }));
}

try {
  process.exit(await main());
} catch (error) {
  process.stderr.write(`init: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(isInvalid(error) ? 2 : 1);
}

function isInvalid(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "invalid";
}
