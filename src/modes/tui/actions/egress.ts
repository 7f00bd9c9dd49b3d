// The tab Egress: its requests and its table, and deciding from a row.

import { hostOf } from "#components/tabs/egress/table-row.ts";
import { targetOf } from "#components/tabs/egress/request-row.ts";
import { hasEnded } from "#components/fleet-list.ts";
import type { EgressRequest } from "#domain/egress/control.ts";
import { plainLine } from "#domain/plain-text.ts";

import { layerOf, selectedBottle, unsettled, type Context } from "../context.ts";
import { inSight, requestAtHand, requestRoom, searchRequests, tableRowAtHand } from "../egress-cursor.ts";
import { rejectForm } from "../forms.ts";
import { allowInView, allowSubject } from "../in-view.ts";
import { KINDS } from "../request-filter.ts";
import { pendingFor, proposalFor } from "../row-proposal.ts";
import { notify, push, replaceTop, step, type AllowLayer, type EgressView, type Step, type View } from "../view.ts";

import { MAIN, type Action, type Place } from "./action.ts";

/** Where a request is under the keys. */
const ON_REQUEST: readonly Place[] = ["egress", "request"];

const inEgress = ({ view }: Context): true | string => (view.tab === "egress" ? true : "only in the tab Egress (3)");
const inTable = (context: Context): true | string =>
  inEgress(context) !== true ? inEgress(context) : context.view.egress.table ? true : "T shows the table first";

export const egress: readonly Action[] = [
  {
    id: "egress-open",
    title: "detail",
    description: "Everything about the request: what was found in it, its rule, and why the proxy decides so",
    keys: ["enter"],
    places: ["egress"],
    enabled: onRequest,
    run: openRequest,
    footer: 11,
  },
  {
    id: "egress-allow",
    title: "allow",
    description: "Allow requests like this one until the bottle stops; the first press shows the rule that would do it",
    keys: ["a"],
    places: ON_REQUEST,
    enabled: allowable,
    run: showAllow,
    footer: 9,
  },
  {
    id: "egress-allow-now",
    title: "allow it so",
    description: "Allow what is shown, once it was on the screen for a moment",
    keys: ["a"],
    places: ["allow"],
    enabled: (context) => {
      const layer = layerOf(context, "allow");
      return layer !== undefined && requestKey(layer.slug, layer.request) in context.view.working
        ? "a decision is on its way"
        : true;
    },
    run: allowNow,
    footer: 1,
  },
  {
    id: "egress-deny",
    title: "deny",
    titleNow: ({ view }) => (view.egress.table && view.stack.length === 0 ? "remove" : "deny"),
    description: "Reject what waits, take back the rule that allowed the request, or remove the rule from the table",
    keys: ["x"],
    places: ON_REQUEST,
    enabled: (context) => (isTable(context) ? hasRow(context) : deniable(context)),
    run: (context) => (isTable(context) ? confirmRemove(context) : deny(context)),
    footer: 10,
  },
  {
    id: "egress-edit",
    title: "edit table",
    description: "The whole table in your editor; it is checked when you save, and in force at once",
    keys: ["e"],
    places: ["egress"],
    enabled: (context) => running(context),
    run: ({ view }) => (view.selected === null ? step(view) : step(view, { type: "edit-table", slug: view.selected })),
    footer: 13,
  },
  {
    id: "egress-table",
    title: "table",
    titleNow: ({ view }) => (view.egress.table ? "requests" : "table"),
    description: "Show the table in force instead of the requests, and back",
    keys: ["T"],
    places: MAIN,
    enabled: inEgress,
    run: ({ view }) => step(changed(view, { table: !view.egress.table })),
    footer: 15,
  },
  {
    id: "egress-kind",
    title: "kind",
    titleNow: ({ view }) => `show ${nextKind(view.egress)}`,
    description: "Show all requests, the blocked ones, the held ones, those with findings",
    keys: ["v"],
    places: MAIN,
    enabled: (context) => (context.view.egress.table ? "T shows the requests first" : inEgress(context)),
    run: ({ view }) => step(changed(view, { kind: nextKind(view.egress) })),
    footer: 26,
  },
  {
    id: "egress-search",
    title: "search",
    description: "Search the requests without hiding the others; n and N go on",
    keys: ["&"],
    places: MAIN,
    enabled: inEgress,
    run: ({ view }) => step(push(view, { type: "prompt", what: "search-requests", text: view.egress.search })),
  },
];

function changed(view: View, more: Partial<EgressView>): View {
  return { ...view, egress: { ...view.egress, ...more } };
}

function nextKind({ kind }: EgressView): EgressView["kind"] {
  return KINDS[(KINDS.indexOf(kind) + 1) % KINDS.length] ?? "all";
}

/** In the table no request is under the keys. */
function isTable({ view }: Context): boolean {
  return view.stack.length === 0 && view.egress.table;
}

interface AtHand {
  readonly slug: string;
  readonly request: EgressRequest;
}

/** The request of the open detail, as it is now, or the one under the cursor. */
function atHand(context: Context): (AtHand & { readonly seq: number }) | undefined {
  const { view, traffic } = context;
  const layer = layerOf(context, "request");
  if (layer !== undefined) {
    const { slug, seq } = layer;
    const now = traffic.requests.at(seq)?.request;
    return { slug, seq, request: now?.id === layer.request.id ? now : layer.request };
  }
  const row = requestAtHand(context);
  return row === undefined || view.selected === null ? undefined : { slug: view.selected, ...row };
}

function onRequest(context: Context): true | string {
  if (isTable(context)) return "T shows the requests first";
  return atHand(context) === undefined ? "there is no request" : true;
}

function openRequest(context: Context): Step {
  const row = atHand(context);
  if (row === undefined) return step(context.view);
  const { slug, seq, request } = row;
  const layer = { type: "request", slug, seq, request, verdict: null, scroll: 0 } as const;
  return step(push(held(context, seq), layer), { type: "explain", slug, request });
}

/** The list stays where it is under what was opened. */
function held(context: Context, cursor: number): View {
  const { view, traffic } = context;
  if (view.stack.length > 0) return view;
  return changed(view, { at: inSight(view.egress, traffic, cursor, requestRoom(context)) });
}

function running(context: Context): true | string {
  const bottle = selectedBottle(context);
  if (bottle === undefined) return "no bottle is selected";
  if (hasEnded(bottle)) return `${bottle.slug} does not run: its table is made anew from its definition`;
  return inEgress(context);
}

function allowable(context: Context): true | string {
  const here = onRequest(context);
  const row = atHand(context);
  if (here !== true || row === undefined) return here;
  const { slug, request } = row;
  if (running(context) !== true) return running(context);
  if (pendingFor(context.fleet, context.at, slug, request) !== undefined) return true;
  if (request.verdict === "allow" || request.verdict === "redact") return "it was allowed; x takes its rule back";
  const proposal = proposalFor(slug, request);
  return "problem" in proposal ? proposal.problem : true;
}

/** The proposal that waits for it where there is one: deciding that is the same, and everybody else sees it. */
function showAllow(context: Context): Step {
  const row = atHand(context);
  if (row === undefined) return step(context.view);
  const { slug, request, seq } = row;
  const view = held(context, seq);
  const waiting = pendingFor(context.fleet, context.at, slug, request);
  return step(
    push(
      view,
      waiting === undefined
        ? { type: "allow", slug, request, scroll: 0 }
        : { type: "proposal", id: waiting.proposal.id, scroll: 0 },
    ),
  );
}

export function requestKey(slug: string, { id, at }: EgressRequest): string {
  return `${slug} request ${id} ${at}`;
}

function allowNow(context: Context): Step {
  const layer = layerOf(context, "allow");
  if (layer === undefined) return step(context.view);
  const refusal = notYet(context, layer);
  if (refusal !== undefined) return refusal;
  const { slug, request } = layer;
  const stack = context.view.stack.filter(({ type }) => type !== "allow" && type !== "request");
  const working = { ...context.view.working, [requestKey(slug, request)]: "allow" };
  return step({ ...context.view, stack, working, notice: null }, { type: "allow", slug, request });
}

function notYet(context: Context, layer: AllowLayer): Step | undefined {
  const { view, fleet, at } = context;
  const waiting = pendingFor(fleet, at, layer.slug, layer.request);
  if (waiting !== undefined) {
    const shown = replaceTop(view, { type: "proposal", id: waiting.proposal.id, scroll: 0 });
    return step(notify(shown, "ask", "a proposal about it came meanwhile: look at that one"));
  }
  if (!allowInView(context, layer)) return step(notify(view, "ask", "read on to the end of the rule first (PgDn)"));
  const early = unsettled(context, allowSubject(layer));
  return early === undefined ? undefined : step(notify(view, "ask", early));
}

function deniable(context: Context): true | string {
  const here = onRequest(context);
  const row = atHand(context);
  if (here !== true || row === undefined) return here;
  const { slug, request } = row;
  if (requestKey(slug, request) in context.view.working) return "a decision is on its way";
  if (pendingFor(context.fleet, context.at, slug, request) !== undefined) return true;
  if (request.verdict === "block" || request.verdict === "hold") return "nothing waits for it: it was refused already";
  return running(context);
}

function deny(context: Context): Step {
  const row = atHand(context);
  if (row === undefined) return step(context.view);
  const { slug, request, seq } = row;
  const view = held(context, seq);
  const waiting = pendingFor(context.fleet, context.at, slug, request);
  if (waiting !== undefined) return step(push(view, rejectForm(waiting, context.words(waiting).title)));
  return step(
    push(view, {
      type: "confirm",
      lines: [
        "Take back the rule that allowed this?",
        `${request.method.slice(0, 20)} ${targetOf(request)}`,
        `Allowed by: ${plainLine(request.rule)}`,
        "Open connections that only this rule allows are cut.",
      ],
      safe: "Keep it",
      act: "Take it back",
      focus: "safe",
      effect: { type: "deny", slug, request },
    }),
  );
}

function hasRow(context: Context): true | string {
  if (tableRowAtHand(context) === undefined) return "the table is empty";
  return inTable(context) === true ? running(context) : inTable(context);
}

function confirmRemove(context: Context): Step {
  const { view } = context;
  const row = tableRowAtHand(context);
  if (row === undefined || view.selected === null) return step(view);
  const decision = row.type === "route" ? row.route.decision : row.exception.decision;
  const after =
    decision === undefined
      ? "It is gone until the bottle is started anew; its definition stays as it is."
      : "The decision that added it is undone.";
  return step(
    push(view, {
      type: "confirm",
      lines: [`Remove ${hostOf(row)} from the table?`, after],
      safe: "Keep it",
      act: "Remove it",
      focus: "safe",
      effect: { type: "remove-rule", slug: view.selected, row },
    }),
  );
}

/** The next one that the search goes by. */
export function findRequest(context: Context, direction: "older" | "newer"): Step {
  const { view, traffic } = context;
  const row = searchRequests(context, direction);
  if (row === undefined) return step(notify(view, "info", `no request with “${view.egress.search}”`));
  return step(changed(view, { at: inSight(view.egress, traffic, row.seq, requestRoom(context)) }));
}

/** Follows the requests, or holds the list where it is. */
export function followRequests(context: Context): Step {
  const { view } = context;
  if (view.egress.at !== null) return step(changed(view, { at: null }));
  const newest = requestAtHand(context);
  return newest === undefined ? step(view) : step(held(context, newest.seq));
}
