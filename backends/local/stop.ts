// Ends everything that runs of a bottle, from whatever state an interruption left it in.

import { rm } from "node:fs/promises";
import { readFileSync } from "node:fs";

import { BottleError } from "#domain/bottle-error.ts";
import type { ExitRecord } from "#domain/fleet/run-status.ts";
import { createExclusive } from "#lib/atomic-file.ts";
import type { BottlePaths } from "#lib/paths.ts";
import {
  identify,
  isRunning,
  readPidFile,
  removePidFile,
  signalProcess,
  type ProcessIdentity,
} from "#lib/process-identity.ts";

import { removeGroups } from "./sandbox/limits.ts";
import { stopBundle } from "./sidecar-bundle.ts";
import { connectGuest } from "./sockets/guest-client.ts";
import { untilGone, within } from "#lib/until-gone.ts";

const PATIENCE_MS = 8000;

/** Idempotent. Afterwards the agent's end is on record as stopped, when it had not ended before. */
export async function stopBottle(slug: string, paths: BottlePaths): Promise<void> {
  const ran = await stopProcesses(slug, paths);
  const exit: ExitRecord = { at: new Date().toISOString(), exit_code: null, signal: "SIGKILL", reason: "stopped" };
  if (ran) await createExclusive(paths.agent.exit, `${JSON.stringify(exit)}\n`);
}

/** True when the holder of the terminal still ran. Throws `failed` naming what does not end. */
export async function stopProcesses(slug: string, paths: BottlePaths): Promise<boolean> {
  const ran = await stopHolder(slug, paths);
  await stopBundle(slug, paths);
  await removeGroups(slug);
  await rm(paths.agent.socket, { force: true });
  removePidFile(paths.agent.pid);
  return ran;
}

async function stopHolder(slug: string, paths: BottlePaths): Promise<boolean> {
  const recorded = readPidFile(paths.agent.pid);
  const holder = recorded !== undefined && isHolder(recorded, slug) ? recorded : undefined;
  const asked = await askToClose(paths);
  if (holder === undefined) return asked;
  if (!asked) signalProcess(holder, "SIGTERM");
  if (await untilGone(holder, PATIENCE_MS)) return true;
  signalProcess(holder, "SIGKILL"); // the sandbox dies with it
  if (await untilGone(holder, PATIENCE_MS)) return true;
  throw new BottleError("failed", `the holder of the terminal (pid ${holder.pid}) does not end`, { where: slug });
}

/** HUP, after five seconds KILL; false when nobody listens. */
async function askToClose(paths: BottlePaths): Promise<boolean> {
  const client = await connectGuest(paths.agent.socket).catch(() => undefined);
  if (client === undefined) return false;
  try {
    await client.request({ action: "close_shell", shell: "agent" });
    await within(client.closed, PATIENCE_MS);
  } catch {
    // it ended on the way
  } finally {
    client.close();
  }
  return true;
}

/** A pid file may be old and its number somebody else's by now. */
function isHolder(identity: ProcessIdentity, slug: string): boolean {
  if (!isRunning(identity) || identify(identity.pid) === undefined) return false;
  try {
    return readFileSync(`/proc/${identity.pid}/cmdline`, "utf8").split("\0").includes(slug);
  } catch {
    return false;
  }
}
