// The end of an agent as it is recorded: how a status becomes a record, when that was a crash, and what is kept of it.

import { constants } from "node:os";

import type { ExitRecord } from "#domain/fleet/run-status.ts";

/**
 * `signal` is the number that ended the sandbox itself, 0 when it exited. The entrypoint exits 128 + n for an agent that
 * signal n ended, as shells do.
 */
export function exitRecord(exitCode: number, signal: number, stopped: boolean, at: Date): ExitRecord {
  const number = signal > 0 ? signal : exitCode > 128 && exitCode < 160 ? exitCode - 128 : 0;
  const name = signalName(number);
  return {
    at: at.toISOString(),
    exit_code: name === null ? exitCode : null,
    signal: name,
    reason: stopped ? "stopped" : "exited",
  };
}

export function isCrash(exit: ExitRecord): boolean {
  return exit.reason === "exited" && exit.exit_code !== 0;
}

/** One entry of `logs/crash.log`. */
export function crashEntry(exit: ExitRecord, lines: readonly string[]): string {
  const status = exit.signal ?? String(exit.exit_code);
  return `=== agent crash ${exit.at} exit ${status} ===\n${lines.map((line) => `${line}\n`).join("")}`;
}

function signalName(number: number): string | null {
  const found = Object.entries(constants.signals).find(([, value]) => value === number);
  return found?.[0] ?? null;
}
