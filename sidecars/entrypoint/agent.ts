// Starts the agent on the inherited terminal and waits for its end.

import { spawn } from "node:child_process";
import { chmodSync, existsSync, lstatSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { dirname } from "node:path";

import type { BootOrder } from "#domain/boot/protocol.ts";

export interface StartedAgent {
  readonly pid: number;
  /** The exit code as shells count: 128 + n when signal n ended it. */
  readonly exitCode: Promise<number>;
}

/**
 * The agent gets default dispositions for all signals, as every child of Node does, and the terminal's foreground: ^C
 * reaches it and not us. Rejects when it cannot be started.
 */
export async function startAgent({ argv, env, cwd, files }: BootOrder): Promise<StartedAgent> {
  for (const file of files) writeInside(file);
  const [file = "", ...args] = argv;
  const child = spawn(file, args, { cwd, env, stdio: "inherit" });
  const exitCode = new Promise<number>((resolve) => {
    child.once("exit", (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
  });
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", (error: NodeJS.ErrnoException) => reject(error.code === "ENOENT" ? absent(file, cwd) : error));
  });
  return { pid: child.pid ?? 0, exitCode };
}

/** The operator reads this, who has it on a PATH that no bottle sees. */
function absent(file: string, cwd: string): Error {
  if (!existsSync(cwd)) return new Error(`there is no folder ${cwd} to start it in`);
  return new Error(
    `there is no ${file} in the bottle: a local one has the system's programs, and yours where a provider.yml names it as \`program\`; a docker one has its image's`,
  );
}

function writeInside({ path, content, mode, encoding, keep }: BootOrder["files"][number]): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  if (keep && lstatSync(path, { throwIfNoEntry: false }) !== undefined) return;
  rmSync(path, { force: true }); // never through a link of a former run
  writeFileSync(path, Buffer.from(content, encoding), { mode, flag: "wx" });
  chmodSync(path, mode);
}
