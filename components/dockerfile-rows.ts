// A proposed Dockerfile against the one that the bottle is made from: whole, but for what stays far from any change.

import type { LineChange } from "#domain/egress/line-diff.ts";
import { plainLine } from "#domain/plain-text.ts";

import { ALARM, BOLD, DIM, GREEN, RED, row, span, wrap, type Row, type Style } from "./rows.ts";
import { plural } from "./words.ts";

export interface DockerfileWords {
  /** reading: not read yet. unknown: it is made from no file that is kept, so all of this one is new. decided: shown as it was. */
  readonly against: "reading" | "unknown" | "known" | "decided";
  readonly changes: readonly LineChange[];
}

/** Lines that stay, around one that changes. */
const CONTEXT = 3;

export function dockerfileRows({ against, changes }: DockerfileWords, width: number): Row[] {
  return [[], ...headRows(against, changes, width), ...changeRows(changes, width)];
}

function headRows(against: DockerfileWords["against"], changes: readonly LineChange[], width: number): Row[] {
  const count = (sign: LineChange["sign"]): number => changes.filter((change) => change.sign === sign).length;
  if (against !== "known" || count("+") + count("-") === 0) return wrap(headText(against), width, BOLD);
  return [
    row(
      span("Dockerfile: ", BOLD),
      span(`${plural(count("+"), "line")} added`, { color: GREEN }),
      ", ",
      span(`${plural(count("-"), "line")} removed`, { color: RED }),
    ),
  ];
}

function headText(against: DockerfileWords["against"]): string {
  switch (against) {
    case "reading":
      return "Dockerfile: reading what the bottle is made from now…";
    case "unknown":
      return "Dockerfile: what the bottle is made from now is not known, so all of this one is new";
    case "decided":
      return "Dockerfile: as it was asked for";
    case "known":
      return "Dockerfile: the very one that the bottle is made from now; building it again may bring other files";
  }
}

function changeRows(changes: readonly LineChange[], width: number): Row[] {
  const numbers = String(changes.length).length;
  const shown = nearChanges(changes);
  const rows: Row[] = [];
  let line = 0;
  let hidden = 0;
  const skipped = (): Row[] =>
    hidden === 0 ? [] : [row(span(`${" ".repeat(numbers)} ⋮ ${plural(hidden, "line")} as before`, DIM))];
  for (const [index, change] of changes.entries()) {
    if (change.sign !== "-") line += 1;
    if (!shown(index)) {
      hidden += 1;
      continue;
    }
    rows.push(...skipped(), ...lineRows(change, line, numbers, width));
    hidden = 0;
  }
  return [...rows, ...skipped()];
}

/** Whether the line at an index is a change or near one; when nothing changes, each is. */
function nearChanges(changes: readonly LineChange[]): (index: number) => boolean {
  const near = new Set<number>();
  for (const [index, { sign }] of changes.entries()) {
    if (sign === " ") continue;
    for (let at = index - CONTEXT; at <= index + CONTEXT; at += 1) near.add(at);
  }
  return near.size === 0 ? () => true : (index) => near.has(index);
}

const STYLES: Readonly<Record<LineChange["sign"], Style>> = { "+": { color: GREEN }, "-": { color: RED }, " ": {} };

/** The number in the proposed file, the sign, and the line: wrapped, so that nothing hides beyond the edge. */
function lineRows({ sign, text }: LineChange, line: number, numbers: number, width: number): Row[] {
  const number = sign === "-" ? "" : String(line);
  const parts = wrap(plainLine(text), Math.max(10, width - numbers - 3), STYLES[sign]);
  const rows = parts.map((part, index) =>
    row(
      span(`${(index === 0 ? number : "").padStart(numbers)} `, DIM),
      index === 0 ? span(`${sign} `, STYLES[sign]) : span("↪ ", DIM),
      ...part,
    ),
  );
  return hides(text) ? [...rows, row(" ".repeat(numbers + 3), span(HIDES, ALARM))] : rows;
}

const HIDES = "⚑ with characters that do not show";

/** What is built is the text itself: nothing in it may look like nothing. */
function hides(text: string): boolean {
  const visible = text.replace(/\r$/, "").replaceAll("\t", "  ");
  return plainLine(visible) !== visible;
}
