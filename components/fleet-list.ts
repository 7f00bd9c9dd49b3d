// The list of bottles: only the rows that are visible are made.

import { credentialMark } from "#domain/fleet/credential-words.ts";
import type { BottleRow } from "#domain/fleet/fleet.ts";

import { rebuildSpans, type Build } from "./build-rows.ts";
import { isStale } from "./hosts.ts";
import { ALARM, between, BOLD, DIM, fit, RED, span, YELLOW, type Row, type Span } from "./rows.ts";
import { age, plural, stateSpan } from "./words.ts";

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
  /** Findings in answers that nobody looked at yet, by bottle. */
  readonly unseen?: Readonly<Record<string, number>>;
  /** There is more than one host: each row names its own. */
  readonly severalHosts?: boolean;
  /** Hosts that do not answer: their rows are what was last seen. */
  readonly hostsDown?: ReadonlySet<string>;
  /** Rebuilds that go on just now, by bottle. */
  readonly builds?: Readonly<Record<string, Build>>;
}

export function fleetRows(props: FleetListProps): Row[] {
  const { bottles, offset, selected, width, height, problems } = props;
  const room = bottleRoom(height, bottles.length, problems.length);
  const rows = bottles.slice(offset, offset + room).map((bottle) => bottleRow(bottle, bottle.slug === selected, props));
  return [...rows, ...problemRows(problems, width, height - rows.length)];
}

/** Rows for bottles: problems take what bottles leave, and one at least. */
export function bottleRoom(height: number, bottles: number, problems: number): number {
  return Math.max(1, height - Math.max(Math.min(1, problems), Math.min(problems, height - bottles)));
}

/** What is wrong, then where; the last row says how many more there are. */
export function problemRows(problems: FleetListProps["problems"], width: number, height: number): Row[] {
  return problems.slice(0, Math.max(0, height)).map(([where, message], index) => {
    const text = [span("  ! ", { color: RED }), span(`${message} (${where})`, { color: RED })];
    const more = index === height - 1 ? problems.length - height : 0;
    return more === 0 ? text : between(text, [span(`  +${plural(more, "more problem")}`, { color: RED })], width);
  });
}

function bottleRow(bottle: BottleRow, selected: boolean, props: FleetListProps): Row {
  const { width, now, unseen = {}, severalHosts = false, hostsDown = NONE, builds = {} } = props;
  const stale = isStale(bottle, hostsDown);
  const nameWidth = Math.max(12, Math.min(28, Math.floor(width * 0.4)));
  const name = bottle.label === "" ? bottle.slug : `${bottle.label} (${bottle.slug})`;
  return [
    span(selected ? "▸ " : "  ", BOLD),
    stale ? staleSpan(bottle) : stateSpan(bottle.state),
    span(" "),
    span(fit(name, nameWidth), selected ? { bold: true, inverse: true } : {}),
    pendingSpan(hasEnded(bottle) ? 0 : bottle.pending),
    span(age(bottle.since, now).padStart(4), DIM),
    ...alarmSpan(bottle),
    ...unseenSpan(unseen[bottle.slug] ?? 0),
    ...credentialSpan(bottle, now),
    ...(severalHosts ? [hostSpan(bottle, stale)] : []),
    ...rebuildSpans(builds[bottle.slug]),
    ...details(bottle),
  ];
}

const NONE: ReadonlySet<string> = new Set();

/** The last state that was heard of, marked as such by its sign and without a colour. */
function staleSpan({ state }: BottleRow): Span {
  return span(`~ ${state.padEnd(8)}`, DIM);
}

function hostSpan({ host }: BottleRow, stale: boolean): Span {
  return stale ? span(`  @${host} stale`, { color: YELLOW }) : span(`  @${host}`, DIM);
}

function pendingSpan(pending: number): Span {
  return pending === 0
    ? span("    ")
    : span(` ▲${String(Math.min(pending, 99)).padEnd(2)}`, { color: YELLOW, bold: true });
}

function alarmSpan({ alarms }: BottleRow): Span[] {
  return alarms === 0 ? [] : [span("  "), span("⚑ CANARY SENT", ALARM)];
}

function unseenSpan(count: number): Span[] {
  return count === 0 ? [] : [span(`  ⚑${Math.min(count, 999)}`, { color: YELLOW, bold: true })];
}

/** Before it bites; of no interest once the agent ended. */
function credentialSpan(bottle: BottleRow, now: number): Span[] {
  const mark = hasEnded(bottle) ? undefined : credentialMark(bottle.credential, new Date(now));
  return mark === undefined ? [] : [span(`  ${mark}`, { color: YELLOW })];
}

/** What stands behind the name where there is room: trouble first, then what confines it, then what it said last. */
function details(bottle: BottleRow): Row {
  const down = hasEnded(bottle) ? [] : Object.keys(bottle.down);
  const trouble = down.length > 0 ? [span(`  ${down.join(", ")} down`, { color: RED })] : [];
  const exit = exitWords(bottle);
  return [
    ...trouble,
    ...whySpans(bottle),
    ...(exit === "" ? [] : [span(`  ${exit}`, bottle.state === "crashed" ? { color: RED } : DIM)]),
    span(`  ${bottle.isolation?.mechanism ?? bottle.backend}`, DIM),
    span(`  ${bottle.last_line}`, DIM),
  ];
}

/** What it waits for, or why nothing is known of it; what it put to the operator stands in the inbox. */
function whySpans({ state, why = "", pending }: BottleRow): Span[] {
  if (why === "" || pending > 0) return [];
  return [span(`  ${why}`, state === "waiting" ? { color: YELLOW } : DIM)];
}

/** Its sidecars went with it: that is no trouble. */
export function hasEnded({ state }: BottleRow): boolean {
  return state === "exited" || state === "crashed" || state === "stopped" || state === "lost";
}

function exitWords({ state, exit_code, signal }: BottleRow): string {
  if (state !== "exited" && state !== "crashed") return "";
  return signal === null ? `exit ${exit_code ?? "?"}` : `by ${signal}`;
}
