// Help, crash logs, and what is shown in a terminal that is too small for anything else.

import type { CrashLog } from "#contracts/console.ts";
import { plainLine } from "#domain/plain-text.ts";

import { FieldPane, rowsUnder } from "./field.tsx";
import { keepInSight, SMALLEST, type Area } from "./layout.ts";
import { Lines } from "./line.tsx";
import { insideOf, paneRows } from "./pane.ts";
import { BOLD, DIM, fit, row, span, YELLOW, type Row } from "./rows.ts";
import { age, bytes } from "./words.ts";

export interface HelpProps extends Area {
  readonly lines: readonly {
    readonly keys: string;
    readonly id: string;
    readonly description: string;
    readonly reason: string;
    readonly here: boolean;
  }[];
  readonly filter: string;
  readonly scroll: number;
  readonly onFilter: (value: string) => void;
}

export function Help({ width, height, lines, filter, scroll, onFilter }: HelpProps) {
  const room = rowsUnder(1, height);
  const rows = helpRows(lines);
  const start = Math.min(scroll, Math.max(0, rows.length - room));
  const field = { label: "filter", value: filter, hint: "type to filter, arrows scroll, Esc goes back", focus: true };
  return (
    <FieldPane
      width={width}
      height={height}
      title={row(span("Help", BOLD), span(" keys that work here come first", DIM))}
      note={row(span(`${Math.min(rows.length, start + room)}/${rows.length}`, DIM))}
      fields={[field]}
      rows={rows.slice(start, start + room)}
      onChange={onFilter}
    />
  );
}

function helpRows(lines: HelpProps["lines"]): Row[] {
  return lines.map(({ keys, id, description, reason, here }) =>
    row(
      span(fit(keys, 16), here ? BOLD : DIM),
      span(fit(id, 18), DIM),
      span(description, here && reason === "" ? {} : DIM),
      span(reason === "" ? "" : `  (not now: ${reason})`, { color: YELLOW }),
    ),
  );
}

export interface RowsPaneProps extends Area {
  readonly title: string;
  readonly rows: readonly Row[];
  readonly scroll: number;
}

/** Something to be read, from its beginning. */
export function RowsPane({ width, height, title, rows, scroll }: RowsPaneProps) {
  const inside = insideOf({ width, height });
  const start = Math.min(scroll, Math.max(0, rows.length - inside.height));
  const below = rows.length - start - inside.height;
  const note = below > 0 ? row(span(`${below} more below (PgDn)`, DIM)) : [];
  const frame = { width, height, title: row(span(title, BOLD)), note, active: true };
  return <Lines rows={paneRows(frame, rows.slice(start, start + inside.height))} width={width} height={height} />;
}

export interface CrashLogsProps extends Area {
  readonly files: readonly CrashLog[] | null;
  readonly index: number;
  readonly now: number;
}

export function CrashLogs({ width, height, files, index, now }: CrashLogsProps) {
  const frame = { width, height, title: row(span("Crash logs", BOLD)), active: true };
  const inside = insideOf(frame);
  const offset = keepInSight(0, index, inside.height, files?.length ?? 0);
  const rows = (files ?? [])
    .slice(offset, offset + inside.height)
    .map((file, at) =>
      row(
        span(at + offset === index ? "▸ " : "  ", BOLD),
        span(fit(plainLine(file.of), 28), at + offset === index ? { inverse: true } : {}),
        span(` ${age(file.modified, now).padStart(4)}  ${bytes(file.bytes).padStart(7)}  ${plainLine(file.path)}`, DIM),
      ),
    );
  const empty = row(span(files === null ? "reading…" : "nothing has crashed", DIM));
  return <Lines rows={paneRows(frame, rows.length === 0 ? [empty] : rows)} width={width} height={height} />;
}

export interface CrashTailProps extends Area {
  readonly path: string;
  /** The last lines of the file, plain. */
  readonly lines: readonly string[];
  /** Rows away from the end. */
  readonly scroll: number;
  readonly problem: string | null;
}

export function CrashTail({ width, height, path, lines, scroll, problem }: CrashTailProps) {
  const inside = insideOf({ width, height });
  const end = Math.max(0, lines.length - scroll);
  const rows =
    problem === null ? lines.slice(Math.max(0, end - inside.height), end).map((line) => row(line)) : [row(problem)];
  const note = row(span(scroll === 0 ? "FOLLOWING" : `PAUSED, ${scroll} more below`, BOLD));
  return (
    <Lines
      rows={paneRows({ width, height, title: row(span(plainLine(path), BOLD)), note, active: true }, rows)}
      width={width}
      height={height}
    />
  );
}

/** A few words that fit anywhere. */
export function TooSmall({ width, height, bottles, pending }: Area & { bottles: number; pending: number }) {
  const rows = [
    row(span("bottle-dash", BOLD)),
    row(`${bottles} bottles, `, span(`${pending} wait`, pending > 0 ? { color: YELLOW, bold: true } : {})),
    row(`needs ${SMALLEST.width}x${SMALLEST.height}`),
    row(span(`is ${width}x${height}; q quits`, DIM)),
  ];
  return <Lines rows={rows.slice(0, height)} width={width} height={Math.min(height, rows.length)} />;
}
