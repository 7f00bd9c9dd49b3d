// The pseudo-terminal, through @lydell/node-pty: a native module, found from where this program lies.

import { createRequire } from "node:module";

import type * as NodePty from "@lydell/node-pty";

export interface Pty {
  readonly pid: number;
  write(data: string): void;
  /** Characters written that the agent has not taken yet. */
  unread(): number;
  resize(cols: number, rows: number): void;
  pause(): void;
  resume(): void;
}

export interface PtyOptions {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cols: number;
  readonly rows: number;
}

export interface PtyListener {
  data(bytes: Buffer): void;
  /** After the last data. `signal` is 0 when the process ended by itself. */
  exit(exitCode: number, signal: number): void;
}

/** The child leads a session of its own, with the terminal as its controlling one. */
export function openPty({ argv, env, cols, rows }: PtyOptions, on: PtyListener): Pty {
  const { spawn } = createRequire(import.meta.url)("@lydell/node-pty") as typeof NodePty;
  const [file = "", ...args] = argv;
  const pty = spawn(file, args, { name: "xterm-256color", cols, rows, cwd: "/", env: { ...env }, encoding: null });
  pty.onData((data) => on.data(data as unknown as Buffer)); // bytes, since no encoding was asked for
  pty.onExit(({ exitCode, signal }) => on.exit(exitCode, signal ?? 0));
  // node-pty throws on errors that nobody listens to: after the exit of the child its socket fails.
  const socket = (pty as unknown as { _socket?: { on(event: "error", listener: () => void): void; writableLength: number } })._socket;
  socket?.on("error", () => {});
  return {
    pid: pty.pid,
    write: (data) => pty.write(data),
    unread: () => socket?.writableLength ?? 0,
    resize: (newCols, newRows) => pty.resize(newCols, newRows),
    pause: () => pty.pause(),
    resume: () => pty.resume(),
  };
}
