// Log lines as rows: a colour and a name for each source, levels, matches of the search in context.

import {
  BLUE,
  BOLD,
  CYAN,
  DIM,
  GREEN,
  MAGENTA,
  RED,
  row,
  span,
  wrap,
  YELLOW,
  type Color,
  type Row,
  type Span,
} from "../rows.ts";
import { clock } from "../words.ts";

/** A line as it is kept: `text` is plain and cut at the ring's limit. */
export interface LogRow {
  /** Counts all lines taken in; the same line keeps its number. */
  readonly seq: number;
  readonly at: string;
  readonly source: string;
  readonly text: string;
  /** Characters that were cut off its end. */
  readonly cut: number;
}

export interface LogStyle {
  readonly search: string;
  /** The match that `n` went to. */
  readonly match: number | null;
  readonly wrap: boolean;
  readonly times: boolean;
  readonly width: number;
}

const SOURCES: Readonly<Record<string, Color>> = {
  agent: CYAN,
  egress: MAGENTA,
  supervise: BLUE,
  init: GREEN,
  "git-gate": YELLOW,
};

export function logRows(line: LogRow, style: LogStyle): Row[] {
  const prefix = prefixOf(line, style);
  const text = line.cut > 0 ? `${line.text} [cut: ${line.cut} more characters]` : line.text;
  const used = prefix.reduce((sum, { text: part }) => sum + part.length, 0);
  if (!style.wrap) return [[...prefix, ...highlighted(text, line, style)]];
  return wrap(text, Math.max(8, style.width - used)).map((part, index) => [
    ...(index === 0 ? prefix : [span(" ".repeat(used))]),
    ...highlighted(part[0]?.text ?? "", line, style),
  ]);
}

function prefixOf(line: LogRow, style: LogStyle): Span[] {
  const source = span(`${line.source.slice(0, 9).padEnd(9)} `, { color: SOURCES[line.source] ?? BLUE });
  const marker = span(line.seq === style.match ? "▸" : " ", BOLD);
  return style.times ? [marker, span(`${clock(line.at)} `, DIM), source] : [marker, source];
}

/** Beyond this nothing of a line can be on the screen when it is not wrapped. */
const HIGHLIGHT_LIMIT = 2000;

function highlighted(text: string, line: LogRow, { search }: LogStyle): Row {
  const base = levelStyle(text);
  if (search === "") return [span(text, base)];
  const folded = text.slice(0, HIGHLIGHT_LIMIT).toLowerCase();
  const wanted = search.toLowerCase();
  if (folded.length !== Math.min(text.length, HIGHLIGHT_LIMIT)) return [span(text, base)];
  const parts: Span[] = [];
  let start = 0;
  for (let at = folded.indexOf(wanted); at !== -1; at = folded.indexOf(wanted, start)) {
    if (at > start) parts.push(span(text.slice(start, at), base));
    parts.push(span(text.slice(at, at + wanted.length), { inverse: true, bold: true }));
    start = at + wanted.length;
  }
  return row(...parts, span(text.slice(start), base));
}

function levelStyle(text: string) {
  const head = text.slice(0, 160);
  if (/\b(?:ERROR|FATAL|CRITICAL|panic|Error:|error:)/.test(head)) return { color: RED } as const;
  if (/\b(?:WARN|WARNING|warning:)/.test(head)) return { color: YELLOW } as const;
  if (/\b(?:DEBUG|TRACE)\b/.test(head)) return DIM;
  return {};
}
