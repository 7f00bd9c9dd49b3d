// What `watch` prints: the difference between two fleets as events, one JSON object each.

import type { BottleRow, Fleet, InboxItem } from "#domain/fleet/fleet.ts";

import { listRow, proposalRow } from "./rows.ts";
import type { WatchEvent } from "./schemas.ts";

/** Everything of `fleet`, as it is told to somebody who knows nothing yet. */
export function wholeFleet(fleet: Fleet, now: Date): WatchEvent[] {
  return fleetChanges(EMPTY, fleet, now, now);
}

const EMPTY: Fleet = { bottles: [], inbox: [], hosts: {}, problems: {} };

/** In the order: hosts, bottles, proposals, problems. A deadline that passed between the two times is a change as well. */
export function fleetChanges(before: Fleet, after: Fleet, was: Date, now: Date): WatchEvent[] {
  const at = now.toISOString();
  return [
    ...hostChanges(before.hosts, after.hosts, at),
    ...bottleChanges(before.bottles, after.bottles, at),
    ...proposalChanges(before.inbox, after.inbox, was, now),
    ...problemChanges(before.problems, after.problems, at),
  ];
}

function bottleChanges(before: readonly BottleRow[], after: readonly BottleRow[], at: string): WatchEvent[] {
  const known = new Map(before.map((row) => [row.slug, row]));
  const kept = new Set(after.map((row) => row.slug));
  const gone = before.filter((row) => !kept.has(row.slug));
  const changed = after.filter((row) => {
    const former = known.get(row.slug);
    return former === undefined || (former !== row && !same(toldOf(former), toldOf(row)));
  });
  return [
    ...gone.map(({ slug }): WatchEvent => ({ at, type: "bottle-removed", slug })),
    ...changed.map((row): WatchEvent => ({ at, type: "bottle", bottle: listRow(row) })),
  ];
}

/** That something was confirmed once more is no change. */
function toldOf(row: BottleRow): object {
  return { ...listRow(row), confirmed_at: null };
}

function proposalChanges(
  before: readonly InboxItem[],
  after: readonly InboxItem[],
  was: Date,
  now: Date,
): WatchEvent[] {
  const at = now.toISOString();
  const known = new Map(before.map((item) => [item.proposal.id, item]));
  const kept = new Set(after.map((item) => item.proposal.id));
  const gone = before.filter((item) => !kept.has(item.proposal.id));
  const changed = after.filter((item) => {
    const former = known.get(item.proposal.id);
    return former === undefined || !same(proposalRow(former, was), proposalRow(item, now));
  });
  return [
    ...gone.map(({ proposal }): WatchEvent => ({
      at,
      type: "proposal-archived",
      slug: proposal.bottle_slug,
      id: proposal.id,
    })),
    ...changed.map((item): WatchEvent => ({ at, type: "proposal", proposal: proposalRow(item, now) })),
  ];
}

function hostChanges(before: Fleet["hosts"], after: Fleet["hosts"], at: string): WatchEvent[] {
  return Object.entries(after)
    .filter(([host, state]) => before[host] === undefined || !same(before[host], state))
    .map(([host, { up, detail }]) => ({ at, type: "host", host, up, detail }));
}

function problemChanges(before: Fleet["problems"], after: Fleet["problems"], at: string): WatchEvent[] {
  const solved = Object.keys(before).filter((where) => after[where] === undefined);
  const told = Object.entries(after).filter(([where, message]) => before[where] !== message);
  return [
    ...solved.map((where): WatchEvent => ({ at, type: "problem-solved", where })),
    ...told.map(([where, message]): WatchEvent => ({ at, type: "problem", where, message })),
  ];
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
