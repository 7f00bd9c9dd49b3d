// How a bottle stands that nobody answers for: from its exit record, its launcher and how new it is.

import { stat } from "node:fs/promises";

import { Metadata } from "#domain/fleet/metadata.ts";
import { ExitRecord, type RunStatus } from "#domain/fleet/run-status.ts";
import type { BottlePaths } from "#lib/paths.ts";
import { isRunning, readPidFile } from "#lib/process-identity.ts";
import { readChecked } from "#lib/store/read-checked.ts";

/** For so long a bottle may have metadata and no launch yet. */
export const NEW_FOR_MS = 10_000;

/** `begun`: there are traces of a launch, so it is not one that is about to begin. */
export async function endedStatus(paths: BottlePaths, begun: boolean): Promise<RunStatus> {
  const exit = await readExit(paths);
  if (exit !== null) return statusOfExit(exit);
  const since = await sinceOf(paths);
  return { phase: !begun && (await isNew(paths)) ? "starting" : "lost", since };
}

export function statusOfExit(exit: ExitRecord): RunStatus {
  if (exit.reason === "stopped") return { phase: "stopped", since: exit.at };
  return { phase: "exited", since: exit.at, exit_code: exit.exit_code, signal: exit.signal };
}

/** Null when there is none, or none that can be read. */
export async function readExit(paths: BottlePaths): Promise<ExitRecord | null> {
  const exit = await readChecked(paths.agent.exit, ExitRecord);
  return exit.state === "ok" ? exit.value : null;
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

/** Its launch is about to begin, or whoever wanted to died just then. */
async function isNew({ metadata }: BottlePaths): Promise<boolean> {
  const written = await stat(metadata).catch(() => undefined);
  return written !== undefined && Date.now() - written.mtimeMs < NEW_FOR_MS;
}

async function sinceOf(paths: BottlePaths): Promise<string> {
  const metadata = await readChecked(paths.metadata, Metadata);
  if (metadata.state === "ok") return metadata.value.started_at;
  const stats = await stat(paths.state).catch(() => undefined);
  return (stats?.mtime ?? new Date(0)).toISOString();
}
