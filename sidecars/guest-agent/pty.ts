// The pseudo-terminal and the sandbox's process on it. Of @lydell/node-pty only the pair itself is taken: its fork would
// make the sandbox's outermost process the leader of the terminal's session, which processes in a namespace of their own
// cannot see, so that shells in the bottle would have no job control. The entrypoint leads the session instead.

import { spawn } from "node:child_process";
import { closeSync, openSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { constants } from "node:os";
import { ReadStream } from "node:tty";

import { ptyWriter } from "./pty-writer.ts";

export interface Pty {
  readonly pid: number;
  write(data: string): void;
  /** Bytes written that the agent has not taken yet. */
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

/** What the native part of node-pty brings, see its src/unix/pty.cc. */
interface Native {
  open(cols: number, rows: number): { master: number; slave: number; pty: string };
  resize(master: number, cols: number, rows: number): void;
}

const COULD_NOT_START = 127;
/** What is still to be read when the process has ended: the terminal closes by itself unless something holds it open. */
const REST_MS = 1000;

export function openPty({ argv, env, cols, rows }: PtyOptions, on: PtyListener): Pty {
  const native = loadNative();
  const { master, slave } = native.open(cols, rows);
  const nothing = openSync("/dev/null", "r+");
  const [file = "", ...args] = argv;
  const child = spawn(file, args, {
    cwd: "/",
    env: { ...env },
    detached: true,
    stdio: [slave, slave, slave, ...covered(nothing)],
  });
  closeSync(slave);
  closeSync(nothing);
  const socket = new ReadStream(master);
  const writer = ptyWriter(master);
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  socket.once("close", () => writer.close());
  socket.on("data", (bytes) => on.data(bytes));
  socket.on("error", () => {}); // EIO: the other side is closed, and `close` follows

  const end = async (code: number | null, signal: NodeJS.Signals | null): Promise<void> => {
    const timer = setTimeout(() => socket.destroy(), REST_MS);
    await closed;
    clearTimeout(timer);
    on.exit(code ?? 0, signal === null ? 0 : constants.signals[signal]);
  };
  child.once("exit", (code, signal) => void end(code, signal));
  child.once("error", () => {
    if (child.pid === undefined) void end(COULD_NOT_START, null);
  });
  return {
    pid: child.pid ?? 0,
    write: (data) => writer.push(data),
    unread: () => writer.waiting(),
    resize(newCols, newRows) {
      if (!socket.destroyed) native.resize(master, newCols, newRows);
    },
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
  };
}

/** The module is native and stays outside of the bundle: it is found from where this program lies. */
function loadNative(): Native {
  const require = createRequire(import.meta.url);
  const { requireBinary } = require("@lydell/node-pty/requireBinary.js") as { requireBinary(file: string): unknown };
  return requireBinary("pty.node") as Native;
}

/**
 * Descriptors from 3 on for the child: whatever of ours would be inherited becomes /dev/null. That is the terminal's
 * controlling end, which the native part leaves inheritable, and what whoever started us has left open.
 */
function covered(nothing: number): ("ignore" | number)[] {
  const open = readdirSync("/proc/self/fd")
    .map(Number)
    .filter((fd) => fd > 2 && isInherited(fd));
  const stdio: ("ignore" | number)[] = [];
  for (let fd = 3; fd <= Math.max(2, ...open); fd += 1) stdio.push(open.includes(fd) ? nothing : "ignore");
  return stdio;
}

const O_CLOEXEC = 0o2000000;

function isInherited(fd: number): boolean {
  try {
    const flags = /^flags:\s*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "latin1"))?.[1];
    return flags === undefined || (Number.parseInt(flags, 8) & O_CLOEXEC) === 0;
  } catch {
    return false; // closed meanwhile
  }
}
