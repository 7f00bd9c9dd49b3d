// The list of bottles: only the rows that are visible are made.

import type { BottleRow } from "#domain/fleet/fleet.ts";

import { BOLD, DIM, fit, RED, row, span, YELLOW, type Row, type Span } from "./rows.ts";
import { age, stateSpan } from "./words.ts";

export interface FleetListProps {
  /** All that pass the filter; `offset` is the first visible one. */
  readonly bottles: readonly BottleRow[];
  readonly offset: number;
  readonly selected: string | null;
  readonly width: number;
  readonly height: number;
  readonly now: number;
  /** Where it is wrong → what is wrong; each costs a row of its own. */
  readonly problems: readonly (readonly [string, string])[];
}

export function fleetRows(props: FleetListProps): Row[] {
  const rows = props.bottles
    .slice(props.offset, props.offset + props.height)
    .map((bottle) => bottleRow(bottle, bottle.slug === props.selected, props));
  for (const [where, message] of props.problems) {
    if (rows.length >= props.height) break;
    rows.push(row(span("  ! ", { color: RED }), span(`${where}: ${message}`, { color: RED })));
  }
  return rows;
}

function bottleRow(bottle: BottleRow, selected: boolean, { width, now }: FleetListProps): Row {
  const nameWidth = Math.max(12, Math.min(28, Math.floor(width * 0.4)));
  const name = bottle.label === "" ? bottle.slug : `${bottle.label} (${bottle.slug})`;
  return [
    span(selected ? "▸ " : "  ", BOLD),
    stateSpan(bottle.state),
    span(" "),
    span(fit(name, nameWidth), selected ? { bold: true, inverse: true } : {}),
    pendingSpan(hasEnded(bottle) ? 0 : bottle.pending),
    span(age(bottle.since, now).padStart(4), DIM),
    ...details(bottle),
  ];
}

function pendingSpan(pending: number): Span {
  return pending === 0
    ? span("    ")
    : span(` ▲${String(Math.min(pending, 99)).padEnd(2)}`, { color: YELLOW, bold: true });
}

/** What stands behind the name where there is room: trouble first, then what confines it, then what it said last. */
function details(bottle: BottleRow): Row {
  const down = hasEnded(bottle) ? [] : Object.keys(bottle.down);
  const trouble = down.length > 0 ? [span(`  ${down.join(", ")} down`, { color: RED })] : [];
  const exit = exitWords(bottle);
  return [
    ...trouble,
    ...(exit === "" ? [] : [span(`  ${exit}`, bottle.state === "crashed" ? { color: RED } : DIM)]),
    span(`  ${bottle.isolation?.mechanism ?? bottle.backend}`, DIM),
    span(`  ${bottle.last_line}`, DIM),
  ];
}

/** Its sidecars went with it: that is no trouble. */
export function hasEnded({ state }: BottleRow): boolean {
  return state === "exited" || state === "crashed" || state === "stopped" || state === "lost";
}

function exitWords({ state, exit_code, signal }: BottleRow): string {
  if (state !== "exited" && state !== "crashed") return "";
  return signal === null ? `exit ${exit_code ?? "?"}` : `by ${signal}`;
}
