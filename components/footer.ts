// The last row: what just happened, or the keys that work now.

import { between, BOLD, DIM, GREEN, RED, row, rowWidth, span, YELLOW, type Row } from "./rows.ts";

export interface KeyHint {
  readonly key: string;
  readonly title: string;
}

export interface NoticeText {
  readonly tone: "info" | "good" | "bad" | "ask";
  readonly text: string;
}

export interface FooterProps {
  readonly hints: readonly KeyHint[];
  readonly notice: NoticeText | null;
  readonly width: number;
}

/** The notice in a row of its own above the keys; the row is kept when there is none, so that nothing jumps. */
export function footerRows({ hints, notice, width }: FooterProps): Row[] {
  const keys = hintRow(hints, width);
  return [notice === null ? [] : row(" ", noticeSpan(notice)), keys];
}

function noticeSpan({ tone, text }: NoticeText) {
  switch (tone) {
    case "good":
      return span(`✓ ${text}`, { color: GREEN });
    case "bad":
      return span(`✗ ${text}`, { color: RED, bold: true });
    case "ask":
      return span(`▲ ${text}`, { color: YELLOW, bold: true });
    case "info":
      return span(`· ${text}`);
  }
}

/** As many hints as fit, the last one (help) always. */
function hintRow(hints: readonly KeyHint[], width: number): Row {
  const last = hints.at(-1);
  if (last === undefined) return [];
  const end = hint(last);
  const kept: Row[] = [];
  let used = rowWidth(end) + 1;
  for (const next of hints.slice(0, -1)) {
    const spans = hint(next);
    if (used + rowWidth(spans) > width) break;
    kept.push(spans);
    used += rowWidth(spans);
  }
  return between([span(" "), ...kept.flat()], end, width);
}

function hint({ key, title }: KeyHint): Row {
  return [span(key, BOLD), span(` ${title}  `, DIM)];
}
