// A process that is not confused with a later one of the same number: its pid with its start time. Linux only.

import { readFileSync, rmSync } from "node:fs";

import { writeAtomic } from "./atomic-file.ts";
import { readBounded } from "./read-bounded.ts";

export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks after boot, as /proc has it; empty when it was not recorded. */
  readonly started: string;
}

/** The fields of /proc/<pid>/stat after the name, from the state (field 3) on; undefined when there is no such process. */
export function statFields(pid: number): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "latin1");
    return text.slice(text.lastIndexOf(")") + 2).split(" ");
  } catch {
    return undefined;
  }
}

export function identify(pid: number): ProcessIdentity | undefined {
  const fields = statFields(pid);
  const started = fields?.[19];
  return started === undefined ? undefined : { pid, started };
}

/** A zombie counts as gone: it runs nothing any more. */
export function isRunning({ pid, started }: ProcessIdentity): boolean {
  const fields = statFields(pid);
  if (fields === undefined || fields[0] === "Z" || fields[0] === "X") return false;
  return started === "" || fields[19] === started;
}

/** False when it is gone already. */
export function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): boolean {
  if (!isRunning(identity)) return false;
  try {
    return process.kill(identity.pid, signal);
  } catch {
    return false;
  }
}

/** Writes `<pid> <start time>`. */
export async function writePidFile(path: string, pid: number): Promise<void> {
  await writeAtomic(path, `${pid} ${identify(pid)?.started ?? ""}\n`);
}

/** A file with a pid alone is understood as well. Undefined when missing or not one. */
export function readPidFile(path: string): ProcessIdentity | undefined {
  let text: string | undefined | null;
  try {
    text = readBounded(path);
  } catch {
    return undefined;
  }
  const match = /^(\d+)(?: (\d+))?\s*$/.exec(text ?? "");
  return match === null ? undefined : { pid: Number(match[1]), started: match[2] ?? "" };
}

export function removePidFile(path: string): void {
  rmSync(path, { force: true });
}
