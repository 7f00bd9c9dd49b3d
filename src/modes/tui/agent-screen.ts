// An agent's screen in a headless terminal emulator: bytes go in, styled rows of plain text come out, nothing else.

import xterm from "@xterm/headless";
import type { IBufferCell, IBufferLine, Terminal as Emulator } from "@xterm/headless";

import { widthOf, type Color, type Row, type Span, type Style } from "#components/rows.ts";
import { boundRepeats } from "#domain/guest-agent/bound-repeats.ts";
import type { ShellEvent } from "#domain/guest-agent/protocol.ts";
import { plainLine } from "#domain/plain-text.ts";

import { measureAsWeDo } from "./cell-widths.ts";

const SCROLLBACK = 2000;
/** Characters that may wait for the emulator before the sender has to wait as well. */
const FLOOD = 262_144;

export interface AgentScreen {
  readonly cols: number;
  readonly rows: number;
  /** Takes an event of the shell; `changed` is called when the screen shows it. Wait for what it returns: it holds back a flood. */
  take(event: ShellEvent): Promise<void> | void;
  /** Lines from the start of the scrollback to the last one with anything on it, or the cursor. */
  readonly length: number;
  /** `count` rows that end `up` rows above the end, at most `width` columns of each. */
  visible(count: number, up: number, width: number): Row[];
  dispose(): void;
}

export function createAgentScreen(
  start: { cols: number; rows: number; snapshot: string },
  changed: () => void,
): AgentScreen {
  const emulator = new xterm.Terminal({
    cols: start.cols,
    rows: start.rows,
    scrollback: SCROLLBACK,
    allowProposedApi: true,
    logLevel: "off",
  });
  measureAsWeDo(emulator);
  boundRepeats(emulator);
  const write = writerOf(emulator, changed);
  const resize = (cols: number, rows: number): void => {
    emulator.resize(cols, rows);
    changed();
  };
  void write(start.snapshot);

  return {
    get cols() {
      return emulator.cols;
    },
    get rows() {
      return emulator.rows;
    },
    take(event) {
      switch (event.type) {
        case "output":
          return write(event.data);
        case "resize": // in its place between the bytes
          return write("", () => resize(event.cols, event.rows));
        case "reset":
          void write("", () => {
            emulator.reset();
            resize(event.cols, event.rows);
          });
          return write(event.snapshot);
        case "activity":
        case "last-line":
        case "exit":
          return;
      }
    },
    get length() {
      return usedLines(emulator);
    },
    visible: (count, up, width) => visibleRows(emulator, count, up, width),
    dispose: () => emulator.dispose(),
  };
}

type Write = (data: string, then?: () => void) => Promise<void> | void;

/** What it returns is to be waited for: it is done at once, unless the emulator is behind. */
function writerOf(emulator: Emulator, changed: () => void): Write {
  let unread = 0;
  return (data, then = changed) => {
    unread += data.length;
    return new Promise<void>((resolve) => {
      if (unread < FLOOD) resolve();
      emulator.write(data, () => {
        unread -= data.length;
        then();
        resolve();
      });
    });
  };
}

/** An agent on the normal screen has only filled a part of it: the empty rest is not worth showing. */
function usedLines({ buffer: { active } }: Emulator): number {
  let last = active.length - 1;
  const cursor = active.baseY + active.cursorY;
  while (last > cursor && isBlank(active.getLine(last))) last -= 1;
  return last + 1;
}

function isBlank(line: IBufferLine | undefined): boolean {
  return line === undefined || line.translateToString(true) === "";
}

function visibleRows(emulator: Emulator, count: number, up: number, width: number): Row[] {
  const { active } = emulator.buffer;
  const end = Math.max(0, usedLines(emulator) - up);
  const start = Math.max(0, end - count);
  const cell = active.getNullCell();
  const cursor = active.baseY + active.cursorY;
  const rows: Row[] = [];
  for (let index = start; index < end; index += 1) {
    const line = active.getLine(index);
    const cursorAt = index === cursor && up === 0 ? active.cursorX : -1;
    rows.push(line === undefined ? [] : lineRow(line, Math.min(width, emulator.cols), cell, cursorAt));
  }
  return rows;
}

function lineRow(line: IBufferLine, width: number, cell: IBufferCell, cursorAt: number): Row {
  const spans: Span[] = [];
  let text = "";
  let key = "";
  let style: Style | undefined;
  const flush = (): void => {
    if (text !== "") spans.push(style === undefined ? { text } : { text, style });
    text = "";
  };
  for (let x = 0; x < width; x += 1) {
    if (line.getCell(x, cell) === undefined) break;
    const columns = cell.getWidth();
    if (columns === 0) continue; // the right half of a wide character
    const isCursor = x === cursorAt;
    const cellKey = styleKey(cell, isCursor);
    if (cellKey !== key) {
      flush();
      key = cellKey;
      style = cellKey === PLAIN ? undefined : styleOf(cell, isCursor);
    }
    text += x + columns > width ? " " : cellText(cell, columns);
  }
  flush();
  return spans;
}

/** What stands in a cell, in exactly its columns as we measure them; never a control or direction character. */
function cellText(cell: IBufferCell, columns: number): string {
  const chars = cell.getChars();
  if (chars === "") return " ".repeat(columns);
  if (chars.length === 1 && chars >= " " && chars <= "~") return cell.isInvisible() ? " " : chars;
  if (cell.isInvisible()) return " ".repeat(columns);
  const plain = plainLine(chars);
  if (widthOf(plain) === columns) return plain;
  const base = plain.slice(0, (plain.codePointAt(0) ?? 0) > 0xffff ? 2 : 1);
  return widthOf(base) === columns ? base : " ".repeat(columns);
}

const PLAIN = "0|0|0|0|0";

function styleKey(cell: IBufferCell, isCursor: boolean): string {
  const flags =
    (cell.isBold() ? 1 : 0) |
    (cell.isDim() ? 2 : 0) |
    (cell.isItalic() ? 4 : 0) |
    (cell.isUnderline() ? 8 : 0) |
    (cell.isInverse() ? 16 : 0) |
    (cell.isStrikethrough() ? 32 : 0) |
    (isCursor ? 64 : 0);
  const foreground = cell.isFgDefault() ? "0|0" : `${cell.getFgColorMode()}|${cell.getFgColor()}`;
  const background = cell.isBgDefault() ? "0|0" : `${cell.getBgColorMode()}|${cell.getBgColor()}`;
  return `${flags}|${foreground}|${background}`;
}

function styleOf(cell: IBufferCell, isCursor: boolean): Style {
  return {
    ...(cell.isFgDefault() ? {} : { color: colorOf(cell.isFgRGB(), cell.getFgColor()) }),
    ...(cell.isBgDefault() ? {} : { background: colorOf(cell.isBgRGB(), cell.getBgColor()) }),
    ...(cell.isBold() ? { bold: true } : {}),
    ...(cell.isDim() ? { dim: true } : {}),
    ...(cell.isItalic() ? { italic: true } : {}),
    ...(cell.isUnderline() ? { underline: true } : {}),
    ...(Boolean(cell.isInverse()) !== isCursor ? { inverse: true } : {}),
    ...(cell.isStrikethrough() ? { strike: true } : {}),
  };
}

function colorOf(isRgb: boolean, value: number): Color {
  return isRgb ? `#${value.toString(16).padStart(6, "0")}` : value;
}
