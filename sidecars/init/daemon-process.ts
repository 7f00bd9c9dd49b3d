// One running daemon: its process, its lifeline and its output, as events.

import { spawn } from "node:child_process";

import { READY_LINE } from "#domain/sidecars/bundle.ts";
import { splitLines } from "#lib/lines.ts";

import type { DaemonCommand } from "./daemon-command.ts";

export interface DaemonProcess {
  signal(signal: NodeJS.Signals): void;
}

export interface DaemonListener {
  spawned(pid: number): void;
  ready(): void;
  line(text: string): void;
  exited(code: number | null, signal: string | null): void;
}

/** A grandchild may hold the output open after the daemon itself is gone: wait no longer than this for the rest of it. */
const OUTPUT_AFTER_EXIT_MS = 500;
const LINE_LIMIT = 65_536;
/** The exit code of a daemon that never ran. */
export const COULD_NOT_START = 127;

export function startDaemon(command: DaemonCommand, on: DaemonListener): DaemonProcess {
  // Standard input is the lifeline: nothing is ever written to it, and it closes when init is gone, however it died.
  const child = spawn(command.file, command.args, { env: { ...command.env }, stdio: ["pipe", "pipe", "pipe"] });
  const splitters = [child.stdout, child.stderr].map((stream) => {
    const splitter = splitLines((text, cut) => {
      if (stream === child.stdout && text === READY_LINE) on.ready();
      else on.line(cut ? `${text} [cut]` : text);
    }, LINE_LIMIT);
    stream.on("data", (chunk: Buffer) => splitter.push(chunk));
    stream.on("error", () => {}); // the exit tells
    return splitter;
  });
  child.stdin.on("error", () => {}); // the exit tells

  let over = false;
  const end = (code: number | null, signal: string | null): void => {
    if (over) return;
    over = true;
    for (const splitter of splitters) splitter.end();
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
    on.exited(code, signal);
  };
  child.once("error", (error) => {
    on.line(error.message);
    if (child.pid === undefined) end(COULD_NOT_START, null);
  });
  child.once("exit", (code, signal) => {
    const patience = setTimeout(() => end(code, signal), OUTPUT_AFTER_EXIT_MS);
    child.once("close", () => {
      clearTimeout(patience);
      end(code, signal);
    });
  });
  if (child.pid !== undefined) on.spawned(child.pid);
  return { signal: (signal) => void child.kill(signal) };
}
