// Runs the built command line as a process of its own.

import { spawn, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";

export const BUILT = fileURLToPath(new URL("../../dist/bottle-dash.js", import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  stdout(): string;
}

/** `env` replaces the whole environment but PATH. */
export function startBuilt(argv: readonly string[], env: Readonly<Record<string, string>>, cwd?: string): Running {
  const child = spawn(process.execPath, [BUILT, ...argv], {
    env: { PATH: process.env["PATH"] ?? "", ...env },
    stdio: ["ignore", "pipe", "pipe"],
    ...(cwd !== undefined && { cwd }),
  });
  const output = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (output.stderr += text));
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve({ code, signal, ...output }));
  });
  return { child, ended, stdout: () => output.stdout };
}

export function runBuilt(argv: readonly string[], env: Readonly<Record<string, string>>, cwd?: string): Promise<Ended> {
  return startBuilt(argv, env, cwd).ended;
}
