// Runs the agent of a task: nothing to read, its output to us, its complaints on the terminal, its signals through us.

import { spawn } from "node:child_process";
import { constants } from "node:os";
import { setTimeout as delay } from "node:timers/promises";

/** What it started in the background may hold its output open: so long it is read on. */
const LAST_OUTPUT_MS = 1000;
const COULD_NOT_START = 126;
const NOT_FOUND = 127;
const PASSED_ON = ["SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM", "SIGUSR1", "SIGUSR2"] as const;

/** Resolves with the exit code as shells count: 128 + n when signal n ended it, 126 or 127 when it could not be started. */
export async function runAgent(argv: readonly string[], output: (chunk: Buffer) => void): Promise<number> {
  const [file = "", ...args] = argv;
  // A session of its own: a key of the terminal would else reach it twice, and what it starts gets the signals as well.
  const child = spawn(file, args, { stdio: ["ignore", "pipe", "inherit"], detached: true });
  for (const signal of PASSED_ON) process.on(signal, () => passOn(child.pid, signal));
  process.on("SIGTSTP", () => {}); // nobody could make us go on
  child.stdout.on("data", output);
  const drained = new Promise<void>((resolve) => void child.stdout.once("close", () => resolve()));
  const code = await new Promise<number>((resolve) => {
    child.once("error", (error) => resolve(couldNotStart(file, error)));
    child.once("exit", (status, signal) => resolve(status ?? 128 + (signal === null ? 0 : constants.signals[signal])));
  });
  await Promise.race([drained, delay(LAST_OUTPUT_MS)]);
  return code;
}

function passOn(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // it has ended
  }
}

function couldNotStart(file: string, error: Error): number {
  process.stderr.write(`task: cannot start ${file}: ${error.message}\n`);
  return "code" in error && error.code === "ENOENT" ? NOT_FOUND : COULD_NOT_START;
}
