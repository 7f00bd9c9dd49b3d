// A row of the screen as styled pieces of text, fitted to its columns and painted with our own SGR: nothing else is drawn.

import stringWidth from "string-width";

import { graphemes } from "#domain/graphemes.ts";

/** A palette number (0-15 are the terminal's own colours) or "#rrggbb". */
export type Color = number | `#${string}`;

export interface Style {
  readonly color?: Color;
  readonly background?: Color;
  readonly bold?: boolean;
  readonly dim?: boolean;
  readonly italic?: boolean;
  readonly underline?: boolean;
  readonly inverse?: boolean;
  readonly strike?: boolean;
}

export interface Span {
  /** Plain text of one line. */
  readonly text: string;
  readonly style?: Style;
}

export type Row = readonly Span[];

export const RED = 1;
export const GREEN = 2;
export const YELLOW = 3;
export const BLUE = 4;
export const MAGENTA = 5;
export const CYAN = 6;

export const DIM: Style = { dim: true };
export const BOLD: Style = { bold: true };
/** What must not be overlooked, with and without colours. */
export const ALARM: Style = { color: RED, bold: true, inverse: true };

export function span(text: string, style?: Style): Span {
  return style === undefined ? { text } : { text, style };
}

export function row(...spans: (Span | string)[]): Row {
  return spans.map((part) => (typeof part === "string" ? { text: part } : part));
}

const ASCII = /^[\u0020-\u007e]*$/;

/** Columns that `text` takes. */
export function widthOf(text: string): number {
  return ASCII.test(text) ? text.length : stringWidth(text);
}

export function rowWidth(spans: Row): number {
  return spans.reduce((sum, { text }) => sum + widthOf(text), 0);
}

/** `text` in exactly `width` columns: filled with spaces, or cut with an ellipsis. */
export function fit(text: string, width: number): string {
  const columns = widthOf(text);
  if (columns <= width) return text + " ".repeat(width - columns);
  return `${cut(text, width - 1)}…`.slice(0, width <= 0 ? 0 : undefined);
}

/** The first `width` columns of `text`, never half a character: filled with a space where one does not fit. */
export function cut(text: string, width: number): string {
  if (width <= 0) return "";
  if (ASCII.test(text)) return text.slice(0, width);
  let kept = "";
  let columns = 0;
  for (const { segment } of graphemes.segment(text)) {
    const next = stringWidth(segment);
    if (columns + next > width) break;
    kept += segment;
    columns += next;
  }
  return kept + " ".repeat(width - columns);
}

/** The row in exactly `width` columns. An ellipsis shows a cut unless `silent`. */
export function fitRow(spans: Row, width: number, silent = false): Row {
  const columns = rowWidth(spans);
  if (columns === width) return spans;
  if (columns < width) return [...spans, { text: " ".repeat(width - columns) }];
  const room = silent ? width : width - 1;
  const kept: Span[] = [];
  let used = 0;
  for (const part of spans) {
    const next = widthOf(part.text);
    if (used + next <= room) {
      kept.push(part);
      used += next;
      continue;
    }
    kept.push({ ...part, text: cut(part.text, room - used) });
    break;
  }
  return silent || width < 1 ? kept : [...kept, { text: "…", style: DIM }];
}

/** `left` at the left, `right` at the right, of `width` columns; the left one gives way. */
export function between(left: Row, right: Row, width: number): Row {
  const rightWidth = Math.min(rowWidth(right), width);
  return [...fitRow(left, width - rightWidth), ...fitRow(right, rightWidth)];
}

/** Breaks a text into rows of at most `width` columns, at spaces where it can. */
export function wrap(text: string, width: number, style?: Style): Row[] {
  if (width < 1) return [];
  const rows: Row[] = [];
  let line = "";
  for (const word of text.split(/(?<= )/)) {
    if (line !== "" && widthOf(line + word.trimEnd()) > width) {
      rows.push([span(line.trimEnd(), style)]);
      line = "";
    }
    line += word;
    while (widthOf(line.trimEnd()) > width) {
      const head = cut(line, width);
      rows.push([span(head, style)]);
      line = line.slice(head.trimEnd().length || head.length);
    }
  }
  rows.push([span(line.trimEnd(), style)]);
  return rows;
}

/** The row as text with SGR; colours only when `color`, since bold and inverse are no colours (NO_COLOR). */
export function paint(spans: Row, color: boolean): string {
  let out = "";
  for (const { text, style } of spans) {
    const codes = style === undefined ? "" : sgr(style, color);
    out += codes === "" ? text : `\u001b[${codes}m${text}\u001b[0m`;
  }
  return out;
}

function sgr(style: Style, color: boolean): string {
  const codes: (number | string)[] = [];
  if (style.bold) codes.push(1);
  if (style.dim) codes.push(2);
  if (style.italic) codes.push(3);
  if (style.underline) codes.push(4);
  if (style.inverse) codes.push(7);
  if (style.strike) codes.push(9);
  if (color && style.color !== undefined) codes.push(colorCode(style.color, 30));
  if (color && style.background !== undefined) codes.push(colorCode(style.background, 40));
  return codes.join(";");
}

function colorCode(color: Color, base: 30 | 40): string {
  if (typeof color === "string") {
    const value = Number.parseInt(color.slice(1), 16);
    return `${base + 8};2;${(value >> 16) & 255};${(value >> 8) & 255};${value & 255}`;
  }
  if (color < 8) return String(base + color);
  if (color < 16) return String(base + 60 + color - 8);
  return `${base + 8};5;${color}`;
}
