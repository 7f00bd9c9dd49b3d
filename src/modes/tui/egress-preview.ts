// The tab Egress as rows: what the proxy counted, then the visible requests, or the table in force.

import { BOLD, DIM, RED, row, span, wrap, YELLOW, type Row } from "#components/rows.ts";
import { requestRow } from "#components/tabs/egress/request-row.ts";
import { statusRows } from "#components/tabs/egress/status-rows.ts";
import { emptyTable, tableRow, tableRowDetail } from "#components/tabs/egress/table-row.ts";
import { keepInSight } from "#components/layout.ts";
import { plural } from "#components/words.ts";

import type { Context } from "./context.ts";
import { headRows, shownRequests, tableOf, visibleRequests } from "./egress-cursor.ts";
import { matcherOf } from "./request-filter.ts";
import type { EgressView } from "./view.ts";

export interface EgressPreviewNeeds {
  readonly context: Omit<Context, "scrollable">;
  /** Why there is nothing newer: the proxy does not answer. */
  readonly problem: string;
  readonly width: number;
  readonly height: number;
}

export interface EgressPreview {
  readonly rows: readonly Row[];
  readonly note: Row;
}

export function egressPreview(needs: EgressPreviewNeeds): EgressPreview {
  const { context, problem, width, height } = needs;
  const { status } = context.traffic;
  if (status === null) return { rows: wrap(problem === "" ? "asking the proxy…" : problem, width, DIM), note: [] };
  const counted = statusRows(status, width).slice(0, headRows(status, width, height));
  const head = problem === "" ? counted : [...counted.slice(0, -1), row(span(`! ${problem}`, { color: RED }))];
  const room = { ...needs, height: Math.max(1, height - head.length) };
  const { rows, note } = context.view.egress.table ? tableContent(room) : requestContent(room);
  return { rows: [...head, ...rows], note };
}

function requestContent({ context, width, height }: EgressPreviewNeeds): EgressPreview {
  const { view, traffic } = context;
  const visible = visibleRequests(traffic, view.egress, height);
  const focused = view.focus === "preview";
  const cursor = view.egress.at?.cursor ?? visible.at(-1)?.seq;
  const isFound = view.egress.search === "" ? undefined : matcherOf(view.egress.search);
  const at = visible.find(({ seq }) => seq >= (cursor ?? 0))?.seq ?? visible.at(-1)?.seq;
  const rows = visible.map(({ seq, request }) =>
    requestRow(request, { width, selected: focused && seq === at, found: isFound?.(request) === true }),
  );
  return { rows: rows.length === 0 ? [nothing(view.egress)] : rows, note: requestNote(context, focused) };
}

function nothing({ filter, kind }: EgressView): Row {
  return row(span(filter === "" && kind === "all" ? "no request yet" : "no request fits the filter", DIM));
}

function requestNote({ view, traffic }: EgressPreviewNeeds["context"], focused: boolean): Row {
  const { filter, kind, search, at } = view.egress;
  const { requests } = traffic;
  return row(
    ...(requests.dropped > 0
      ? [span(`${plural(requests.dropped, "older request")} dropped  `, { color: YELLOW })]
      : []),
    ...(focused ? [] : [span("→ chooses one  ", DIM)]),
    ...(search === "" ? [] : [span(`&${search}  n next, N before  `)]),
    ...(filter === "" && kind === "all" ? [] : [span(filterWords(view.egress, traffic), { color: YELLOW })]),
    at === null
      ? span("FOLLOWING", BOLD)
      : span(pausedWords(requests.last - Math.min(at.bottom, requests.last)), { bold: true, color: YELLOW }),
  );
}

function pausedWords(newer: number): string {
  return newer === 0 ? "PAUSED" : `PAUSED, ${newer} newer`;
}

/** How many of those that are kept the filter leaves. */
function filterWords(egress: EgressView, { requests }: EgressPreviewNeeds["context"]["traffic"]): string {
  const matches = shownRequests(egress);
  let count = 0;
  for (let seq = requests.first; seq <= requests.last; seq += 1) {
    const request = requests.at(seq)?.request;
    if (request !== undefined && matches(request)) count += 1;
  }
  const kind = egress.kind === "all" ? "" : `${egress.kind} `;
  const filter = egress.filter === "" ? "" : `“${egress.filter.slice(0, 30)}” `;
  return `${kind}${filter}${count} of ${requests.last - requests.first + 1}  `;
}

function tableContent({ context, width, height }: EgressPreviewNeeds): EgressPreview {
  const entries = tableOf(context);
  const index = Math.min(context.view.egress.row, entries.length - 1);
  const chosen = entries[index];
  if (chosen === undefined) return { rows: emptyTable(), note: row(span("TABLE", BOLD)) };
  const uses = usesOf(context);
  const focused = context.view.focus === "preview";
  const detail = focused ? tableRowDetail(chosen, { width, uses }).slice(0, Math.max(0, height - 3)) : [];
  const room = Math.max(1, height - detail.length);
  const offset = keepInSight(0, index, room, entries.length);
  const rows = entries
    .slice(offset, offset + room)
    .map((entry) => tableRow(entry, { width, selected: focused && entry === chosen, uses }));
  const filled = [...rows, ...Array.from({ length: Math.max(0, room - rows.length) }, (): Row => [])];
  return {
    rows: [...filled, ...detail],
    note: row(...(focused ? [] : [span("→ chooses one  ", DIM)]), span(`TABLE ${index + 1}/${entries.length}`, BOLD)),
  };
}

function usesOf({ fleet }: EgressPreviewNeeds["context"]): (decision: string) => number | undefined {
  return (decision) => {
    const item = fleet.inbox.find(({ proposal }) => proposal.id === decision);
    return item === undefined ? undefined : (item.use?.count ?? 0);
  };
}
