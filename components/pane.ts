// A framed part of the screen: a title in the upper edge, a note in the lower one, rows between.

import { between, BOLD, DIM, fitRow, row, rowWidth, span, type Row, type Style } from "./rows.ts";

export interface PaneFrame {
  readonly title: Row;
  /** At the right of the upper edge. */
  readonly corner?: Row;
  /** At the right of the lower edge. */
  readonly note?: Row;
  readonly width: number;
  /** With both edges. */
  readonly height: number;
  /** The pane that keys go to. */
  readonly active?: boolean;
  /** Only the upper edge: all columns are for the content. The note stands in the upper edge too. */
  readonly open?: boolean;
}

/** Columns and rows that are left for the content. */
export function insideOf(frame: { width: number; height: number; open?: boolean }): { width: number; height: number } {
  if (frame.open === true) return { width: frame.width, height: Math.max(0, frame.height - 1) };
  return { width: Math.max(0, frame.width - 4), height: Math.max(0, frame.height - 2) };
}

/** The whole pane as rows of `width` columns. */
export function paneRows(frame: PaneFrame, content: readonly Row[], silent = false): Row[] {
  const { width, height } = frame;
  if (width < 6 || height < 2) return content.slice(0, height).map((line) => fitRow(line, width));
  if (frame.open === true) return openRows(frame, content, silent);
  const edge: Style = frame.active === true ? BOLD : DIM;
  const inside = insideOf(frame);
  const rows: Row[] = [edgeRow("╭", "╮", frame.title, frame.corner, width, edge)];
  for (let index = 0; index < inside.height; index += 1) {
    rows.push([span("│ ", edge), ...fitRow(content[index] ?? [], inside.width, silent), span(" │", edge)]);
  }
  rows.push(edgeRow("╰", "╯", [], frame.note, width, edge));
  return rows;
}

function openRows(frame: PaneFrame, content: readonly Row[], silent: boolean): Row[] {
  const { width, height, title, note, active } = frame;
  const head = edgeRow("─", "─", title, note, width, active === true ? BOLD : DIM);
  return [head, ...content.slice(0, height - 1).map((line) => fitRow(line, width, silent))];
}

function edgeRow(left: string, right: string, title: Row, corner: Row | undefined, width: number, edge: Style): Row {
  const inner = width - 4;
  const start = title.length === 0 ? [] : row(" ", ...title, " ");
  const end = corner === undefined || corner.length === 0 ? [] : row(" ", ...corner, " ");
  const fill = inner - rowWidth(start) - rowWidth(end);
  const middle = fill >= 0 ? [...start, span("─".repeat(fill), edge), ...end] : between(start, end, inner);
  return [span(`${left}─`, edge), ...middle, span(`─${right}`, edge)];
}

/** Two panes of one height side by side: one row of text each, which costs Ink half of two. */
export function beside(left: readonly Row[], right: readonly Row[]): Row[] {
  return left.map((line, index) => [...line, ...(right[index] ?? [])]);
}
