// A terminal without a screen: follows the agent's output, so that whoever attaches can be shown where it stands.

import { SerializeAddon } from "@xterm/addon-serialize";
import headless from "@xterm/headless";

import { boundRepeats } from "#domain/guest-agent/bound-repeats.ts";
import { plainLine } from "#domain/plain-text.ts";
import type { ScreenView } from "#domain/provider/screen-rules.ts";

import { boundCombining, privateState } from "./xterm-internals.ts";

export interface Emulator {
  readonly cols: number;
  readonly rows: number;
  /** `parsed` is called when exactly the text up to here is on the screen. */
  write(text: string, parsed: () => void): void;
  resize(cols: number, rows: number): void;
  /** Text that rebuilds screen, modes and scrollback in an empty terminal of the same size. */
  snapshot(): string;
  /** The last line that is not empty, at the cursor or above; plain text. */
  lastLine(): string;
  /** The last lines of the scrollback and the screen, at most `count`; plain text. */
  plainTail(count: number): string[];
  /** What is on the screen now, and what it was told of title and progress; plain text. */
  view(): ScreenView;
  dispose(): void;
}

const SCROLLBACK = 2000;
/** A snapshot must pass as one message; colours of every cell of a deep scrollback would not. */
const SNAPSHOT_LIMIT = 1_572_864;

/** `answer` gets what the terminal replies to the agent's queries (cursor position, device attributes). */
export function openEmulator(
  cols: number,
  rows: number,
  answer: (data: string) => void,
  scrollback = SCROLLBACK,
): Emulator {
  const terminal = new headless.Terminal({
    cols,
    rows,
    scrollback,
    allowProposedApi: true,
    logLevel: "off",
  });
  boundCombining(terminal);
  boundRepeats(terminal);
  const serializer = new SerializeAddon();
  terminal.loadAddon(serializer); // typed for the browser's build
  terminal.onData(answer);
  answerColours(terminal, answer);
  const told = titleAndProgress(terminal);
  return {
    get cols() {
      return terminal.cols;
    },
    get rows() {
      return terminal.rows;
    },
    write: (text, parsed) => terminal.write(text, parsed),
    resize: (newCols, newRows) => terminal.resize(newCols, newRows),
    snapshot() {
      const state = privateState(terminal);
      for (const scrollback of [SCROLLBACK, 200, 0]) {
        const text = serializer.serialize({ scrollback });
        if (text.length <= SNAPSHOT_LIMIT) return text + state;
      }
      return plainScreen(terminal) + state;
    },
    lastLine: () => lastLine(terminal),
    plainTail: (count) => plainTail(terminal, count),
    view: () => ({ lines: visibleLines(terminal), ...told() }),
    dispose: () => terminal.dispose(),
  };
}

/** Of text, background and cursor: nobody may be there whose terminal could be asked, and most are dark. */
const COLOURS = [
  [10, "rgb:e5e5/e5e5/e5e5"],
  [11, "rgb:0000/0000/0000"],
  [12, "rgb:e5e5/e5e5/e5e5"],
] as const;

function answerColours(terminal: Terminal, answer: (data: string) => void): void {
  for (const [number, colour] of COLOURS) {
    terminal.parser.registerOscHandler(number, (data) => {
      if (data === "?") answer(`\u001b]${number};${colour}\u001b\\`);
      return data === "?";
    });
  }
}

type Terminal = InstanceType<typeof headless.Terminal>;

/** The screen without its colours: what is left to send when even the screen alone is too large. */
function plainScreen(terminal: Terminal): string {
  const buffer = terminal.buffer.active;
  const lines: string[] = [];
  for (let row = 0; row < terminal.rows; row += 1)
    lines.push(lineAt(terminal, buffer.baseY + row).slice(0, terminal.cols));
  return `${lines.join("\r\n")}\u001b[${buffer.cursorY + 1};${buffer.cursorX + 1}H`;
}

const TITLE_LIMIT = 200;
/** OSC 9;4 as ConEmu began it: a state, and a percentage that nobody here needs. */
const PROGRESS = /^4;([0-4])(?:;|$)/;

function titleAndProgress(terminal: Terminal): () => Pick<ScreenView, "title" | "progress"> {
  let title = "";
  let progress: number | undefined;
  terminal.onTitleChange((text) => (title = plainLine(text.slice(0, TITLE_LIMIT))));
  terminal.parser.registerOscHandler(9, (data) => {
    const state = PROGRESS.exec(data)?.[1];
    if (state !== undefined) progress = Number(state);
    return true;
  });
  return () => ({ title, progress });
}

function visibleLines(terminal: Terminal): string[] {
  const { baseY } = terminal.buffer.active;
  return Array.from({ length: terminal.rows }, (_row, index) => lineAt(terminal, baseY + index).trimEnd());
}

function lastLine(terminal: Terminal): string {
  const buffer = terminal.buffer.active;
  for (let row = buffer.baseY + buffer.cursorY; row >= Math.max(0, buffer.baseY - terminal.rows); row -= 1) {
    const text = lineAt(terminal, row).trim();
    if (text !== "") return text;
  }
  return "";
}

function plainTail(terminal: Terminal, count: number): string[] {
  const buffer = terminal.buffer.normal;
  const lines: string[] = [];
  for (let row = Math.max(0, buffer.length - count - terminal.rows); row < buffer.length; row += 1) {
    lines.push(plainLine(buffer.getLine(row)?.translateToString(true) ?? ""));
  }
  while (lines.at(-1)?.trim() === "") lines.pop();
  return lines.slice(-count);
}

function lineAt(terminal: Terminal, row: number): string {
  return plainLine(terminal.buffer.active.getLine(row)?.translateToString(true) ?? "");
}
