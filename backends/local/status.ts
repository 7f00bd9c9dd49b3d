// How a bottle stands, from what is on disk and who answers.

import { stat } from "node:fs/promises";

import * as z from "zod";

import type { Listed } from "#contracts/backend.ts";
import { ExitRecord, type RunStatus } from "#domain/fleet/run-status.ts";
import { Metadata } from "#domain/fleet/metadata.ts";
import type { BottlePaths } from "#lib/paths.ts";
import { isRunning, readPidFile } from "#lib/process-identity.ts";
import { readChecked } from "#lib/store/read-checked.ts";

import { connectGuest, type Fields } from "./sockets/guest-client.ts";

const Status = z.looseObject({ started_at: z.string(), activity: z.enum(["busy", "idle"]).optional() });

export async function statusOf(paths: BottlePaths): Promise<RunStatus> {
  return (await standingOf(paths)).status;
}

/** With what the terminal shows, while the agent runs. */
export async function standingOf(paths: BottlePaths): Promise<Omit<Listed, "slug">> {
  if (isLaunching(paths)) return { status: { phase: "starting", since: await launchingSince(paths) } };
  const running = await askStatus(paths);
  if (running === null) return { status: await endedStatus(paths) };
  const { started_at, activity } = Status.parse(running);
  return { status: { phase: "running", since: started_at }, ...(activity === undefined ? {} : { activity }) };
}

/** For a bottle that nobody answers for. */
export async function endedStatus(paths: BottlePaths): Promise<RunStatus> {
  const exit = await readExit(paths);
  if (exit === null && (await isNew(paths))) return { phase: "starting", since: await sinceOf(paths) };
  if (exit === null) return { phase: "lost", since: await sinceOf(paths) };
  if (exit.reason === "stopped") return { phase: "stopped", since: exit.at };
  return { phase: "exited", since: exit.at, exit_code: exit.exit_code, signal: exit.signal };
}

/** For so long a bottle may have metadata and no launch yet. */
export const NEW_FOR_MS = 10_000;

/** Its launch is about to begin, or whoever wanted to died just then. */
async function isNew({ agent, metadata }: BottlePaths): Promise<boolean> {
  const [begun, written] = await Promise.all(
    [agent.scrollback, metadata].map((path) => stat(path).catch(() => undefined)),
  );
  return begun === undefined && written !== undefined && Date.now() - written.mtimeMs < NEW_FOR_MS;
}

/** A launcher that still lives is at it. */
export function isLaunching(paths: BottlePaths): boolean {
  const launcher = readPidFile(paths.agent.launcher);
  return launcher !== undefined && isRunning(launcher);
}

export async function launchingSince(paths: BottlePaths): Promise<string> {
  const stats = await stat(paths.agent.launcher).catch(() => undefined);
  return (stats?.mtime ?? new Date()).toISOString();
}

/** The guest agent's answer, null when it does not run. */
export async function askStatus(paths: BottlePaths): Promise<Fields | null> {
  const client = await connectGuest(paths.agent.socket).catch(() => null);
  if (client === null) return null;
  try {
    return await client.request({ action: "status_shell", shell: "agent" });
  } catch {
    return null; // it ended on the way
  } finally {
    client.close();
  }
}

async function readExit(paths: BottlePaths): Promise<ExitRecord | null> {
  const exit = await readChecked(paths.agent.exit, ExitRecord);
  return exit.state === "ok" ? exit.value : null; // none, or unreadable: lost either way
}

async function sinceOf(paths: BottlePaths): Promise<string> {
  const metadata = await readChecked(paths.metadata, Metadata);
  if (metadata.state === "ok") return metadata.value.started_at;
  const stats = await stat(paths.state).catch(() => undefined);
  return (stats?.mtime ?? new Date(0)).toISOString();
}
