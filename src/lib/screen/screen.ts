// The agent's screen and those who watch it: output goes through the emulator first, so that at any moment the emulator
// stands exactly where the last event that was sent ends, and whoever joins there misses nothing.

import { plainLine } from "#domain/plain-text.ts";
import type { ScreenView } from "#domain/provider/screen-rules.ts";

import { openEmulator } from "./emulator.ts";
import type { Sink } from "./flow-control.ts";
import { newSubscribers, type Screen as ScreenState, type Subscribers } from "./subscribers.ts";
import { viewerSafe } from "./viewer-safe.ts";

export interface Screen extends Sink {
  readonly subscribers: Subscribers;
  readonly cols: number;
  readonly rows: number;
  /** `text` ends outside of escape sequences; `upTo` is the offset of its end in the raw output. */
  show(text: string, upTo: number): void;
  /** In turn with the output: what is on its way was written for the old size. */
  resize(cols: number, rows: number, resized: () => void): void;
  /** Called when all that came before is on the screen. */
  afterAll(then: () => void): void;
  state(): ScreenState;
  lastLine(): string;
  /** Tells the last line at once, when it has changed. */
  tellLastLine(): void;
  plainTail(count: number): string[];
  view(): ScreenView;
}

const LAST_LINE_EVERY_MS = 250;
const LAST_LINE_LIMIT = 400;

/**
 * `answer` gets what the terminal replies to the agent's queries; `drawn` is called when something was; `scrollback` is a
 * number of lines. `redact` gets what is read off the screen: a program may have put a secret together there, cell by cell.
 */
export function openScreen(
  size: { cols: number; rows: number },
  answer: (data: string) => void,
  scrollback?: number,
  drawn: () => void = () => {},
  redact: (text: string) => string = (text) => text,
): Screen {
  const emulator = openEmulator(size.cols, size.rows, answer, scrollback);
  const load = newLoad();
  let cursor = 0;
  const state = (): ScreenState => ({
    snapshot: redact(emulator.snapshot()),
    cols: emulator.cols,
    rows: emulator.rows,
    cursor,
  });
  const subscribers = newSubscribers(state);
  const lastLine = (): string => plainLine(redact(emulator.lastLine())).slice(0, LAST_LINE_LIMIT);
  const lastLineTeller = onceInAWhile(lastLine, (text) => subscribers.state({ type: "last-line", text }));
  return {
    subscribers,
    state,
    lastLine,
    tellLastLine: () => lastLineTeller.now(),
    plainTail(count) {
      const lines = emulator.plainTail(count);
      return lines.length === 0 ? lines : redact(lines.join("\n")).split("\n");
    },
    view: () => emulator.view(),
    backlog: () => load.waiting(),
    drained: () => load.done(),
    get cols() {
      return emulator.cols;
    },
    get rows() {
      return emulator.rows;
    },
    show(text, upTo) {
      if (text === "") return;
      load.add(text.length);
      emulator.write(text, () => {
        cursor = upTo;
        const data = viewerSafe(text);
        if (data !== "") subscribers.screen({ type: "output", data, cursor });
        lastLineTeller.soon();
        drawn();
        load.remove(text.length);
      });
    },
    resize(cols, rows, resized) {
      emulator.write("", () => {
        emulator.resize(cols, rows);
        resized();
        subscribers.screen({ type: "resize", cols, rows });
      });
    },
    afterAll: (then) => emulator.write("", then),
  };
}

/** Counts what the emulator has taken but not parsed. */
function newLoad(): { add(size: number): void; remove(size: number): void; waiting(): number; done(): Promise<void> } {
  let waiting = 0;
  let empty = Promise.withResolvers<void>();
  return {
    add(size) {
      if (waiting === 0) empty = Promise.withResolvers<void>();
      waiting += size;
    },
    remove(size) {
      waiting -= size;
      if (waiting === 0) empty.resolve();
    },
    waiting: () => waiting,
    done: () => (waiting === 0 ? Promise.resolve() : empty.promise),
  };
}

/** Tells a text when it has changed, and not more often than every quarter of a second. */
function onceInAWhile(read: () => string, changed: (text: string) => void): { soon(): void; now(): void } {
  let told = "";
  let timer: NodeJS.Timeout | undefined;
  const now = (): void => {
    clearTimeout(timer);
    timer = undefined;
    const text = read();
    if (text === told) return;
    told = text;
    changed(text);
  };
  return {
    soon() {
      timer ??= setTimeout(now, LAST_LINE_EVERY_MS).unref();
    },
    now,
  };
}
