// Writes a mark (marks.ts) to an agent's terminal, from inside.

import { randomBytes } from "node:crypto";

import type { Container } from "dockerode";

import { markText } from "./marks.ts";

/** A new name: it must not be met in the log before it was written. */
export function newMark(): string {
  return randomBytes(8).toString("hex");
}

const PATIENCE_MS = 5000;

/** Rejects when nothing can be run in the container: it ended, it is paused, or it has no processes left to start. */
export async function writeMark(container: Container, name: string): Promise<void> {
  const exec = await container.exec({
    Cmd: ["/bin/sh", "-c", 'printf %s "$BOTTLE_DASH_MARK" > /dev/console'],
    Env: [`BOTTLE_DASH_MARK=${markText(name)}`],
    AttachStdout: true,
    AttachStderr: true,
  });
  const output = await exec.start({ hijack: true, stdin: false });
  output.on("error", () => {}); // `close` follows
  output.resume();
  const late = setTimeout(() => output.destroy(), PATIENCE_MS);
  await new Promise<void>((resolve) => output.once("close", () => resolve()).once("end", () => resolve()));
  clearTimeout(late);
  const { ExitCode } = await exec.inspect();
  if (ExitCode !== 0) throw new Error(`the terminal cannot be written to from inside (${ExitCode ?? "no answer"})`);
}
