// Rows of text in aligned columns.

import { graphemes } from "#domain/graphemes.ts";

import { plain, type Ink, type Paint } from "./paint.ts";

export interface Cell {
  /** Plain text: the table strips nothing. */
  readonly text: string;
  readonly ink?: Ink;
}

/** A heading and its rows; a column without any text is left out, the last one is not padded. */
export function table(
  headings: readonly string[],
  rows: readonly (readonly (Cell | string)[])[],
  paint: Paint = plain,
): string {
  const cells = rows.map((row) => row.map(cellOf));
  const kept = headings
    .map((_, column) => column)
    .filter((column) => cells.some((row) => (row[column]?.text ?? "") !== ""));
  const head = headings.map((text): Cell => ({ text, ink: "dim" }));
  const widths = kept.map((column) =>
    Math.max(...[head, ...cells].map((row) => displayWidth(row[column]?.text ?? ""))),
  );
  return [head, ...cells]
    .map((row) =>
      kept
        .map((column, at) => painted(row[column], at === kept.length - 1 ? 0 : (widths[at] ?? 0), paint))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** `label  text` lines with the labels aligned. */
export function labelled(pairs: readonly (readonly [string, Cell | string])[], paint: Paint = plain): string {
  const width = Math.max(0, ...pairs.map(([label]) => displayWidth(label)));
  return pairs
    .map(([label, value]) =>
      `${painted({ text: label, ink: "dim" }, width, paint)}  ${painted(cellOf(value), 0, paint)}`.trimEnd(),
    )
    .join("\n");
}

function cellOf(cell: Cell | string): Cell {
  return typeof cell === "string" ? { text: cell } : cell;
}

function painted(cell: Cell | undefined, width: number, paint: Paint): string {
  const text = cell?.text ?? "";
  const padding = " ".repeat(Math.max(0, width - displayWidth(text)));
  return (cell?.ink === undefined ? text : paint(cell.ink, text)) + padding;
}

const WIDE =
  /^(?:\p{Emoji_Presentation}|\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul}|[\u3000-\u303e\uff01-\uff60\uffe0-\uffe6])/u;
const ASCII = /^[\u0020-\u007e]*$/;

/** Terminal cells that `text` takes. */
export function displayWidth(text: string): number {
  if (ASCII.test(text)) return text.length;
  let width = 0;
  for (const { segment } of graphemes.segment(text)) width += WIDE.test(segment) ? 2 : 1;
  return width;
}

/** The first `width` cells of `text`, the last of them "…" when something was cut. */
export function cutToWidth(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  let cut = "";
  let used = 1;
  for (const { segment } of graphemes.segment(text)) {
    used += WIDE.test(segment) ? 2 : 1;
    if (used > width) break;
    cut += segment;
  }
  return `${cut}…`;
}
