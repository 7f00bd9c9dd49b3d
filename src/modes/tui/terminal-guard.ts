// However the dashboard ends, the terminal is given back as it was: once, at once, without waiting for anything.

import { writeSync } from "node:fs";

import { crashLine, writeCrashLog } from "./crash-log.ts";
import { RESTORE_TERMINAL } from "./terminal-modes.ts";

export interface GuardOptions {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly crashLog: string;
  /** Stops all drawing before the terminal is restored. */
  readonly stopDrawing: () => void;
  /** A signal asks for a clean end with this exit code. */
  readonly end: (code: number) => void;
  readonly sleep: () => void;
}

export interface TerminalGuard {
  /** Idempotent. */
  restore(): void;
  /** Restores, writes the log, prints one line, ends the process. */
  crash(error: unknown): never;
  /** The handlers are taken off; the terminal is left alone. */
  uninstall(): void;
}

const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

export function guardTerminal(options: GuardOptions): TerminalGuard {
  const { stdin, stdout, stderr } = options;
  let restored = false;

  const restore = (): void => {
    if (restored) return;
    restored = true;
    options.stopDrawing();
    attempt(() => stdin.isTTY && stdin.setRawMode(false));
    attempt(() => stdout.isTTY && writeSync(fdOf(stdout), RESTORE_TERMINAL));
  };
  const crash = (error: unknown): never => {
    restore();
    const file = writeCrashLog(options.crashLog, error, new Date());
    attempt(() => writeSync(fdOf(stderr), crashLine(error, file)));
    process.exit(1);
  };
  const lost = (error: NodeJS.ErrnoException): void => {
    // Nobody is there to read a message: the terminal went away.
    if (error.code === "EPIPE" || error.code === "EIO") process.exit(129);
    crash(error);
  };

  const handlers: [string, (...args: unknown[]) => void][] = [
    ["exit", restore],
    ["uncaughtException", crash],
    ["unhandledRejection", crash],
    ["SIGTSTP", options.sleep],
    ...Object.entries(SIGNALS).map(([signal, code]): [string, () => void] => [signal, () => options.end(code)]),
  ];
  for (const [event, handler] of handlers) process.on(event as "exit", handler);
  stdout.on("error", lost);
  stdin.on("error", lost);
  return {
    restore,
    crash,
    uninstall() {
      for (const [event, handler] of handlers) process.off(event, handler);
      stdout.off("error", lost);
      stdin.off("error", lost);
    },
  };
}

function fdOf(stream: NodeJS.WriteStream): number {
  return (stream as NodeJS.WriteStream & { readonly fd?: number }).fd ?? 1;
}

function attempt(what: () => unknown): void {
  try {
    what();
  } catch {
    // The terminal may be gone: then there is nothing to restore.
  }
}
