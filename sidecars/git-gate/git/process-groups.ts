// Every process that the gate starts leads a group of its own; all of them end with the gate.

import type { ChildProcess } from "node:child_process";

/** A git that is asked to end removes its temporary files first; one that does not is killed after this long. */
const PATIENCE_MS = 5000;

const running = new Set<ChildProcess>();

/** For a child that was started with `detached`. */
export function keepTrack(child: ChildProcess): void {
  if (child.pid === undefined) return;
  running.add(child);
  child.once("exit", () => running.delete(child));
}

export function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (!signalGroup(child, signal) || signal === "SIGKILL") return;
  const kill = setTimeout(() => signalGroup(child, "SIGKILL"), PATIENCE_MS);
  child.once("close", () => clearTimeout(kill));
}

/** Asks all of them to end, and returns how many there were. */
export function killAllGroups(signal: NodeJS.Signals): number {
  for (const child of running) signalGroup(child, signal);
  return running.size;
}

/** False when it is gone. The group may outlive its leader, whose number is not given away before the group is empty. */
function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): boolean {
  if (pid === undefined) return false;
  try {
    return process.kill(-pid, signal);
  } catch {
    return false;
  }
}
