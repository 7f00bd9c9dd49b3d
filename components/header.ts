// The first row: what runs, what waits, and on which hosts.

import type { BottleRow, BottleState, Fleet } from "#domain/fleet/fleet.ts";

import { hostNames, hostsDown, isStale } from "./hosts.ts";
import { ALARM, between, BOLD, DIM, RED, row, span, YELLOW, type Row } from "./rows.ts";
import { plural } from "./words.ts";

const COUNTED: readonly BottleState[] = ["starting", "busy", "waiting", "idle", "crashed", "lost"];

export interface HeaderProps {
  readonly fleet: Fleet;
  readonly pending: number;
  /** How long the most urgent of what is held still waits, in words. */
  readonly left: string | null;
  /** Bottles that sent their canary, and nobody looked at it yet. */
  readonly alarms: string;
  /** Credentials that expire soon or have expired, in words; empty for none. */
  readonly credentials?: string;
  readonly width: number;
}

export function headerRow({ fleet, pending, left: wait, alarms, credentials = "", width }: HeaderProps): Row {
  const away = hostsDown(fleet);
  const seen = fleet.bottles.filter((bottle) => !isStale(bottle, away));
  const stale = fleet.bottles.length - seen.length;
  const hosts = hostNames(fleet).size;
  const counts = COUNTED.map((state) => ({ state, count: countOf(seen, state) })).filter(({ count }) => count > 0);
  const left = row(
    span("bottle-dash", BOLD),
    `  ${plural(fleet.bottles.length, "bottle")}`,
    ...counts.map(({ state, count }) =>
      span(`  ${count} ${state}`, state === "crashed" || state === "lost" ? { color: RED } : DIM),
    ),
    ...(stale === 0 ? [] : [span(`  ${stale} stale`, { color: YELLOW })]),
    ...(hosts < 2 ? [] : [span(`  ${hosts} hosts`, DIM)]),
  );
  const right = row(
    ...(alarms === "" ? [] : [span(` ⚑ CANARY SENT by ${alarms} `, ALARM), span("  ")]),
    ...(credentials === "" ? [] : [span(`${credentials}  `, { color: YELLOW })]),
    ...[...away].map((name) => span(`${name} unreachable  `, { color: RED })),
    pending > 0
      ? span(`▲ ${pending} waiting for you${wait === null ? "" : `, ${wait} left`} `, { color: YELLOW, bold: true })
      : span("nothing waits for you ", DIM),
  );
  return between([span(" "), ...left], right, width);
}

function countOf(bottles: readonly BottleRow[], state: BottleState): number {
  return bottles.reduce((sum, bottle) => (bottle.state === state ? sum + 1 : sum), 0);
}
