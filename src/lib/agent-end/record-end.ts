// What is left on disk when an agent has ended: its exit record first, then the crash log and the audit entry.

import { appendFile, mkdir } from "node:fs/promises";

import type { ExitRecord } from "#domain/fleet/run-status.ts";
import { plainLine } from "#domain/plain-text.ts";
import { writeAtomic } from "#lib/atomic-file.ts";
import type { BottlePaths } from "#lib/paths.ts";
import { appendAudit } from "#lib/store/audit-log.ts";

import { crashEntry, isCrash } from "./exit.ts";

const CRASH_LINES = 200;

/** A full disk costs the record, never the end itself: `lost` is told. */
export async function writeExit(paths: BottlePaths, exit: ExitRecord, lost: (reason: string) => void): Promise<void> {
  await tried(() => writeAtomic(paths.agent.exit, `${JSON.stringify(exit)}\n`), lost);
}

export async function writeCrash(
  paths: BottlePaths,
  exit: ExitRecord,
  tail: (count: number) => string[],
  lost: (reason: string) => void,
): Promise<void> {
  if (!isCrash(exit)) return;
  await tried(async () => {
    await mkdir(paths.logs.dir, { recursive: true, mode: 0o700 });
    await appendFile(paths.logs.crash, crashEntry(exit, tail(CRASH_LINES)), { mode: 0o600 });
  }, lost);
}

/** `why`: what is known beyond the status. */
export async function auditExit(
  of: { root: string; slug: string },
  exit: ExitRecord,
  lost: (reason: string) => void,
  by = { actor: "sidecar:guest-agent", component: "guest-agent" },
  why?: string,
): Promise<void> {
  const status = exit.signal === null ? `exit code ${exit.exit_code}` : exit.signal;
  const end = exit.reason === "stopped" ? `the agent was stopped (${status})` : `the agent ended with ${status}`;
  const detail = why === undefined ? end : `${end}: ${plainLine(why).slice(0, 300)}`;
  await tried(async () => {
    await appendAudit(of, { ...by, action: "agent-exit", detail });
  }, lost);
}

async function tried(write: () => Promise<void>, lost: (reason: string) => void): Promise<void> {
  try {
    await write();
  } catch (error) {
    lost(error instanceof Error ? error.message : String(error));
  }
}
