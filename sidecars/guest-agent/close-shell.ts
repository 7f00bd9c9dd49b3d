// Ends the agent: asks it to hang up, and when it does not, takes the whole bottle down.

import type { ExitRecord } from "#domain/fleet/run-status.ts";

import { statFields } from "#lib/process-identity.ts";

import { agentPid, firstInside } from "./agent-process.ts";
import type { Shell } from "./shell.ts";

const GRACE_MS = 5000;

/** Resolves when nothing of the bottle runs any more. Idempotent. */
export async function closeShell(shell: Shell, graceMs = GRACE_MS): Promise<ExitRecord> {
  if (shell.exit !== null) return shell.exit;
  shell.markStopped();
  const agent = agentPid(shell.sandboxPid);
  if (agent === undefined) killAll(shell);
  else send(agent, "SIGHUP");
  const timer = setTimeout(() => killAll(shell), graceMs);
  try {
    return await shell.ended;
  } finally {
    clearTimeout(timer);
  }
}

/** A signal to the agent itself; INT goes to the terminal's foreground group, as ^C does. False when there is none. */
export function signalAgent(shell: Shell, signal: "HUP" | "INT" | "TERM" | "KILL"): boolean {
  const agent = agentPid(shell.sandboxPid);
  if (agent === undefined) return false;
  const group = signal === "INT" ? foregroundGroup(agent) : undefined;
  return send(group === undefined ? agent : -group, `SIG${signal}`);
}

/** The foreground process group of the terminal that `pid` has. */
function foregroundGroup(pid: number): number | undefined {
  const group = Number(statFields(pid)?.[5]);
  return group > 1 ? group : undefined;
}

/** The end of process 1 inside is the end of all of them; the sandbox's own end brings it about as well. */
function killAll(shell: Shell): void {
  const first = firstInside(shell.sandboxPid);
  if (first !== undefined) send(first, "SIGKILL");
  send(shell.sandboxPid, "SIGKILL");
}

function send(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false; // it was faster
  }
}
