// One shell: the pseudo-terminal with the sandbox in it, the emulator that follows it, and those who watch.

import { StringDecoder } from "node:string_decoder";

import type { ExitRecord } from "#domain/fleet/run-status.ts";
import { plainLine } from "#domain/plain-text.ts";
import type { LogFile } from "#lib/log-file.ts";

import { activityClock } from "./activity.ts";
import { agentLog } from "./agent-log.ts";
import { openEmulator } from "./emulator.ts";
import { exitRecord } from "./exit.ts";
import { flowControl, type Sink } from "./flow-control.ts";
import { holdSequences } from "./hold-sequences.ts";
import { openPty, type PtyOptions } from "./pty.ts";
import type { Scrollback } from "./scrollback-file.ts";
import { newSubscribers, type Screen, type Subscribers } from "./subscribers.ts";
import { viewerSafe } from "./viewer-safe.ts";

export interface Shell {
  readonly sandboxPid: number;
  readonly startedAt: Date;
  readonly subscribers: Subscribers;
  readonly activity: "busy" | "idle";
  /** Set once the agent is gone. */
  readonly exit: ExitRecord | null;
  readonly ended: Promise<ExitRecord>;
  readonly screenSize: { readonly cols: number; readonly rows: number };
  screen(): Screen;
  lastLine(): string;
  plainTail(count: number): string[];
  /** False when the agent leaves too much unread: nothing was written. */
  write(data: string): boolean;
  resize(cols: number, rows: number): void;
  /** From now on the end counts as asked for. */
  markStopped(): void;
}

export interface ShellOptions extends PtyOptions {
  readonly scrollback: Scrollback;
  readonly log: LogFile;
  readonly now: () => Date;
}

const UNREAD_LIMIT = 4 * 1_048_576;
const LAST_LINE_EVERY_MS = 250;
const LAST_LINE_LIMIT = 400;

export function openShell(options: ShellOptions): Shell {
  const { scrollback, log, now } = options;
  const startedAt = now();
  const decoder = new StringDecoder("utf8");
  const holder = holdSequences();
  const lines = agentLog(log, now);
  const ended = Promise.withResolvers<ExitRecord>();
  let exit: ExitRecord | null = null;
  let stopped = false;
  let cursor = 0;

  const emulator = openEmulator(options.cols, options.rows, (answer) => pty.write(answer));
  const parser = parserSink();
  const screen = (): Screen => ({ snapshot: emulator.snapshot(), cols: emulator.cols, rows: emulator.rows, cursor });
  const subscribers = newSubscribers(screen);
  const lastLine = throttledLastLine(() => emulator.lastLine().slice(0, LAST_LINE_LIMIT), (text) =>
    subscribers.state({ type: "last-line", text: plainLine(text) }),
  );
  const clock = activityClock((activity) => {
    lastLine.now();
    subscribers.state({ type: "activity", activity, at: now().toISOString() });
  });

  // Shown only when it is parsed: at any moment the emulator stands exactly where the last event that was sent ends.
  const show = (text: string, upTo: number): void => {
    if (text === "") return;
    parser.begin(text.length);
    emulator.write(text, () => {
      cursor = upTo;
      const data = viewerSafe(text);
      if (data !== "") subscribers.screen({ type: "output", data, cursor });
      lastLine.soon();
      parser.end(text.length);
    });
  };
  let taken = 0;
  const pty = openPty(options, {
    data(bytes) {
      taken += bytes.length;
      scrollback.append(bytes);
      const text = decoder.write(bytes);
      lines.push(text);
      show(holder.push(text), taken);
      clock.touch();
      flow.check();
    },
    exit(exitCode, signal) {
      show(holder.push(decoder.end()) + holder.flush(), taken);
      lines.end();
      emulator.write("", () => {
        exit = exitRecord(exitCode, signal, stopped, now());
        clock.stop();
        lastLine.now();
        ended.resolve(exit);
      });
    },
  });
  const flow = flowControl(pty, [parser, scrollback, log]);

  return {
    sandboxPid: pty.pid,
    startedAt,
    subscribers,
    ended: ended.promise,
    get activity() {
      return clock.activity;
    },
    get exit() {
      return exit;
    },
    get screenSize() {
      return { cols: emulator.cols, rows: emulator.rows };
    },
    screen,
    lastLine: () => plainLine(emulator.lastLine()).slice(0, LAST_LINE_LIMIT),
    plainTail: (count) => emulator.plainTail(count),
    write(data) {
      if (pty.unread() + data.length > UNREAD_LIMIT) return false;
      pty.write(data);
      clock.touch();
      return true;
    },
    resize(cols, rows) {
      if (cols === emulator.cols && rows === emulator.rows) return;
      // In turn with the output: what is on its way was written for the old size.
      emulator.write("", () => {
        emulator.resize(cols, rows);
        if (exit === null) pty.resize(cols, rows);
        subscribers.screen({ type: "resize", cols, rows });
      });
    },
    markStopped() {
      stopped = true;
    },
  };
}

/** Counts what the emulator has taken but not parsed. */
function parserSink(): Sink & { begin(size: number): void; end(size: number): void } {
  let waiting = 0;
  let done = Promise.withResolvers<void>();
  return {
    begin(size) {
      if (waiting === 0) done = Promise.withResolvers<void>();
      waiting += size;
    },
    end(size) {
      waiting -= size;
      if (waiting === 0) done.resolve();
    },
    backlog: () => waiting,
    drained: () => (waiting === 0 ? Promise.resolve() : done.promise),
  };
}

function throttledLastLine(read: () => string, changed: (text: string) => void): { soon(): void; now(): void } {
  let sent = "";
  let timer: NodeJS.Timeout | undefined;
  const now = (): void => {
    clearTimeout(timer);
    timer = undefined;
    const text = read();
    if (text === sent) return;
    sent = text;
    changed(text);
  };
  return {
    soon() {
      timer ??= setTimeout(now, LAST_LINE_EVERY_MS).unref();
    },
    now,
  };
}
