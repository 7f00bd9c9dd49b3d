// The first row: what runs, what waits, and on which hosts.

import type { BottleRow, BottleState, Fleet } from "#domain/fleet/fleet.ts";

import { between, BOLD, DIM, RED, row, span, YELLOW, type Row } from "./rows.ts";
import { plural } from "./words.ts";

const COUNTED: readonly BottleState[] = ["starting", "busy", "waiting", "idle", "crashed", "lost"];

export function headerRow({ fleet, pending, width }: { fleet: Fleet; pending: number; width: number }): Row {
  const counts = COUNTED.map((state) => ({ state, count: countOf(fleet.bottles, state) })).filter(
    ({ count }) => count > 0,
  );
  const left = row(
    span("bottle-dash", BOLD),
    `  ${plural(fleet.bottles.length, "bottle")}`,
    ...counts.map(({ state, count }) =>
      span(`  ${count} ${state}`, state === "crashed" || state === "lost" ? { color: RED } : DIM),
    ),
  );
  const down = Object.entries(fleet.hosts).filter(([, host]) => !host.up);
  const right = row(
    ...down.map(([name]) => span(`${name} unreachable  `, { color: RED })),
    pending > 0
      ? span(`▲ ${pending} waiting for you `, { color: YELLOW, bold: true })
      : span("nothing waits for you ", DIM),
  );
  return between([span(" "), ...left], right, width);
}

function countOf(bottles: readonly BottleRow[], state: BottleState): number {
  return bottles.reduce((sum, bottle) => (bottle.state === state ? sum + 1 : sum), 0);
}
