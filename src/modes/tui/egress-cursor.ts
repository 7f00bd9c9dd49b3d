// The cursor in the list of requests and in the table: which row it is on, and where it goes.

import { insideOf } from "#components/pane.ts";
import { statusRows } from "#components/tabs/egress/status-rows.ts";
import { tableRowsOf, type TableRow } from "#components/tabs/egress/table-row.ts";
import type { EgressStatus } from "#domain/egress/control.ts";

import { layout, type Context } from "./context.ts";
import { matcherOf, rowsFrom, rowsUpTo, type Matches } from "./request-filter.ts";
import type { RequestRing, RequestRow } from "./request-ring.ts";
import type { Traffic } from "./traffic.ts";
import type { EgressView, View } from "./view.ts";

export function shownRequests({ filter, kind }: EgressView): Matches {
  return matcherOf(filter, kind);
}

/** The request that keys are about: the one under the cursor, the newest while it follows. */
export function requestAtHand({ view, traffic }: Pick<Context, "view" | "traffic">): RequestRow | undefined {
  return onCursor(traffic.requests, view.egress, shownRequests(view.egress));
}

function onCursor(ring: RequestRing, { at }: EgressView, matches: Matches): RequestRow | undefined {
  const newest = (): RequestRow | undefined => rowsUpTo(ring, matches, ring.last, 1)[0];
  return at === null ? newest() : (rowsFrom(ring, matches, at.cursor, 1)[0] ?? newest());
}

/** The visible rows, oldest first. */
export function visibleRequests({ requests }: Traffic, egress: EgressView, height: number): readonly RequestRow[] {
  const matches = shownRequests(egress);
  const rows = rowsUpTo(requests, matches, egress.at?.bottom ?? requests.last, height);
  const [top] = rows;
  if (egress.at === null || rows.length === height) return rows;
  return rowsFrom(requests, matches, top?.seq ?? requests.first, height);
}

/** Rows for requests, below what the proxy counted. */
export function requestRoom(context: Omit<Context, "scrollable">): number {
  const { preview, kind } = layout(context);
  const { width, height } = insideOf({ ...preview, open: kind !== "wide" });
  return Math.max(1, height - headRows(context.traffic.status, width, height));
}

/** What the proxy counted gives way where there is hardly any room. */
export function headRows(status: EgressStatus | null, width: number, height: number): number {
  return status === null ? 0 : Math.min(statusRows(status, width).length, Math.max(0, height - 3));
}

/** `by` rows on; past the newest one it follows again. */
export function moveRequest(context: Context, by: number): View {
  const { view, traffic } = context;
  if (view.egress.table) return moveInTable(context, by);
  return { ...view, egress: { ...view.egress, at: cursorMoved(view.egress, traffic, by, requestRoom(context)) } };
}

function cursorMoved(egress: EgressView, traffic: Traffic, by: number, room: number): EgressView["at"] {
  const { requests } = traffic;
  const matches = shownRequests(egress);
  const from = onCursor(requests, egress, matches);
  if (from === undefined) return null;
  const way =
    by < 0 ? rowsUpTo(requests, matches, from.seq, 1 - by) : rowsFrom(requests, matches, from.seq, by + 1).toReversed();
  const to = way[0];
  if (to === undefined || (by > 0 && way.length < by + 1)) return null;
  return inSight(egress, traffic, to.seq, room);
}

/** The cursor on this request, and the list scrolled as little as possible. */
export function inSight(egress: EgressView, traffic: Traffic, cursor: number, room: number): EgressView["at"] {
  const shown = visibleRequests(traffic, egress, room);
  const top = shown[0]?.seq ?? cursor;
  const bottom = shown.at(-1)?.seq ?? cursor;
  if (cursor < top) {
    const rows = rowsFrom(traffic.requests, shownRequests(egress), cursor, room);
    return { cursor, bottom: rows.at(-1)?.seq ?? cursor };
  }
  return { cursor, bottom: Math.max(bottom, cursor) };
}

export function changedEgress(view: View, more: Partial<EgressView>): View {
  return { ...view, egress: { ...view.egress, ...more } };
}

export function tableOf({ traffic }: Pick<Context, "traffic">): readonly TableRow[] {
  return tableRowsOf(traffic.status?.table);
}

/** The row of the table that keys are about. */
export function tableRowAtHand(context: Pick<Context, "view" | "traffic">): TableRow | undefined {
  const rows = tableOf(context);
  return rows[Math.min(context.view.egress.row, rows.length - 1)];
}

function moveInTable(context: Context, by: number): View {
  const { view } = context;
  const last = Math.max(0, tableOf(context).length - 1);
  const row = Math.max(0, Math.min(last, Math.min(view.egress.row, last) + by));
  return { ...view, egress: { ...view.egress, row } };
}

/** The next request that the search goes by, from the cursor in the direction; wraps round once. */
export function searchRequests(context: Context, direction: "older" | "newer"): RequestRow | undefined {
  const { view, traffic } = context;
  const shown = shownRequests(view.egress);
  const wanted = matcherOf(view.egress.search);
  const matches: Matches = (request) => shown(request) && wanted(request);
  const { requests } = traffic;
  const from = requestAtHand(context)?.seq ?? requests.last;
  if (direction === "older") {
    return rowsUpTo(requests, matches, from - 1, 1)[0] ?? rowsUpTo(requests, matches, requests.last, 1)[0];
  }
  return rowsFrom(requests, matches, from + 1, 1)[0] ?? rowsFrom(requests, matches, requests.first, 1)[0];
}
