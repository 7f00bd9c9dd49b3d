// One shell: the pseudo-terminal with the sandbox in it, and all that its output goes to: screen, scrollback, log.

import { StringDecoder } from "node:string_decoder";

import type { ExitRecord } from "#domain/fleet/run-status.ts";
import type { ScreenRules } from "#domain/provider/screen-rules.ts";
import type { LogFile } from "#lib/log-file.ts";

import { activityClock } from "#lib/screen/activity.ts";
import { agentLog } from "#lib/agent-end/agent-log.ts";
import { exitRecord } from "#lib/agent-end/exit.ts";
import { flowControl } from "#lib/screen/flow-control.ts";
import { paced } from "#lib/redact/paced.ts";
import type { Redactions } from "#lib/redact/redactions-file.ts";
import { holdSequences } from "#lib/screen/hold-sequences.ts";
import { openPty, type Pty, type PtyOptions } from "./pty.ts";
import { openReading, type Said } from "#lib/screen/reading.ts";
import { openScreen, type Screen } from "#lib/screen/screen.ts";
import type { Scrollback } from "./scrollback-file.ts";

export interface Shell {
  readonly sandboxPid: number;
  readonly startedAt: Date;
  readonly screen: Screen;
  /** Undefined until it moved, or did not for a while. */
  readonly activity: "busy" | "idle" | undefined;
  /** What the rules read on the screen; undefined while none has matched. */
  readonly read: Said | undefined;
  /** Since when that is the state which they read. */
  readSince(): Date;
  /** Set once the agent is gone. */
  readonly exit: ExitRecord | null;
  readonly ended: Promise<ExitRecord>;
  /** False when the agent leaves too much unread: nothing was written. */
  write(data: string): boolean;
  resize(cols: number, rows: number): void;
  /** From now on the end counts as asked for. */
  markStopped(): void;
}

export interface ShellOptions extends PtyOptions {
  readonly scrollback: Scrollback;
  readonly log: LogFile;
  readonly redactions: Redactions;
  readonly now: () => Date;
  /** How the screen tells the agent's state, where that is known. */
  readonly rules?: ScreenRules | undefined;
}

const UNREAD_LIMIT = 4 * 1_048_576;

export function openShell(options: ShellOptions): Shell {
  const { now, rules } = options;
  const startedAt = now();
  const ended = Promise.withResolvers<ExitRecord>();
  let exit: ExitRecord | null = null;
  let stopped = false;

  const screen = openScreen(
    options,
    (answer) => pty.write(answer),
    undefined,
    () => reading?.changed(),
    options.redactions.text,
  );
  const tell = (said: Said): void => screen.subscribers.state({ type: "activity", ...said, at: now().toISOString() });
  const stretch = newStretch(now, tell);
  const reading = rules === undefined ? undefined : openReading(rules, () => screen.view(), stretch.say);
  const clock = activityClock((activity) => {
    screen.tellLastLine();
    tell({ activity, authority: "terminal", detail: "", rule: "", evidence: "" });
  });
  const pty = openOutput(options, screen, {
    alive: () => clock.touch(),
    ended(exitCode, signal) {
      exit = exitRecord(exitCode, signal, stopped, now());
      clock.stop();
      reading?.stop();
      screen.tellLastLine();
      ended.resolve(exit);
    },
  });
  return {
    sandboxPid: pty.pid,
    startedAt,
    screen,
    ended: ended.promise,
    get activity() {
      return clock.activity;
    },
    get read() {
      return reading?.said;
    },
    readSince: stretch.since,
    get exit() {
      return exit;
    },
    write(data) {
      if (pty.unread() + data.length > UNREAD_LIMIT) return false;
      pty.write(data);
      clock.touch();
      return true;
    },
    resize(cols, rows) {
      if (cols === screen.cols && rows === screen.rows) return;
      screen.resize(cols, rows, () => {
        if (exit === null) pty.resize(cols, rows);
      });
    },
    markStopped: () => void (stopped = true),
  };
}

interface OutputListener {
  /** There was output. */
  alive(): void;
  /** The sandbox has ended, and all its output is on the screen. */
  ended(exitCode: number, signal: number): void;
}

/** Without the bottle's own secrets: bytes to the scrollback, lines to the log, whole escape sequences to the screen; paused while one of them lags. */
function openOutput(
  { scrollback, log, now, redactions, ...options }: ShellOptions,
  screen: Screen,
  on: OutputListener,
): Pty {
  const decoder = new StringDecoder("utf8");
  const holder = holdSequences();
  const lines = agentLog(log, now);
  let taken = 0;
  const output = paced(redactions.open(), (bytes) => {
    taken += bytes.length;
    scrollback.append(bytes);
    const text = decoder.write(bytes);
    lines.push(text);
    screen.show(holder.push(text), taken);
    flow.check();
  });
  const pty = openPty(options, {
    data(bytes) {
      output.push(bytes);
      on.alive();
    },
    exit(exitCode, signal) {
      output.end();
      screen.show(holder.push(decoder.end()) + holder.flush(), taken);
      lines.end();
      screen.afterAll(() => on.ended(exitCode, signal));
    },
  });
  const flow = flowControl(pty, [screen, scrollback, log]);
  return pty;
}

/** Tells on what is read, and keeps since when it is the same state. */
function newStretch(now: () => Date, tell: (said: Said) => void) {
  let at = now();
  let activity = "";
  return {
    say: (said: Said): void => {
      if (said.activity !== activity) at = now();
      activity = said.activity;
      tell(said);
    },
    since: (): Date => at,
  };
}
