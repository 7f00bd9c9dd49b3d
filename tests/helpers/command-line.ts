// Runs the command line in this process against a scripted console, and says what it printed.

import { PassThrough } from "node:stream";

import type { Console } from "#contracts/console.ts";
import type { ExitCode } from "#cli/command.ts";
import { runCommandLine, type World } from "#cli/run.ts";

import { fakeConsole, NOW } from "./fake-console.ts";

export interface Setting {
  readonly console?: Console;
  /** What is typed on stdin. */
  readonly input?: string;
  /** All three streams say that they are terminals. */
  readonly terminal?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  readonly openDashboard?: World["openDashboard"];
  readonly cwd?: string;
}

export interface Outcome {
  readonly code: ExitCode;
  readonly stdout: string;
  readonly stderr: string;
}

export async function runCli(argv: readonly string[], setting: Setting = {}): Promise<Outcome> {
  const { world, outcome } = startCli(setting);
  return outcome(await runCommandLine(argv, world));
}

/** For commands that go on: the streams can be read while it runs. */
export function startCli(setting: Setting = {}): {
  world: World;
  outcome: (code: ExitCode) => Outcome;
  stdout: () => string;
} {
  const isTTY = setting.terminal === true;
  const stdin = Object.assign(new PassThrough(), { isTTY });
  if (setting.input !== undefined) stdin.write(setting.input);
  if (!isTTY) stdin.end();
  const stdout = collector(isTTY);
  const stderr = collector(isTTY);
  const world: World = {
    console: async () => setting.console ?? fakeConsole(),
    openDashboard: setting.openDashboard ?? (() => Promise.reject(new Error("the dashboard is not scripted"))),
    stdin,
    stdout: stdout.stream,
    stderr: stderr.stream,
    env: { TERM: "xterm-256color", ...setting.env },
    cwd: () => setting.cwd ?? "/nowhere",
    signal: setting.signal ?? new AbortController().signal,
    now: () => NOW,
  };
  return { world, stdout: stdout.text, outcome: (code) => ({ code, stdout: stdout.text(), stderr: stderr.text() }) };
}

function collector(isTTY: boolean): { stream: World["stdout"]; text: () => string } {
  const chunks: string[] = [];
  const stream = Object.assign(new PassThrough(), { isTTY });
  stream.on("data", (chunk: Buffer) => chunks.push(chunk.toString("utf8")));
  return { stream, text: () => chunks.join("") };
}
