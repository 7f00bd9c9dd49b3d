// What can be done with a row of the tab Egress: opened, allowed, denied; or removed, when it is a rule of the table.

import { hostOf } from "#components/tabs/egress/table-row.ts";
import { hasEnded } from "#components/fleet-list.ts";
import type { EgressRequest } from "#domain/egress/control.ts";
import { covers } from "#domain/egress/covers.ts";
import type { TableRoute } from "#domain/egress/route.ts";

import { layerOf, selectedBottle, unsettled, type Context } from "../context.ts";
import {
  changedEgress,
  inSight,
  requestAtHand,
  requestRoom,
  searchRequests,
  tableRowAtHand,
} from "../egress-cursor.ts";
import { rejectForm, takeBackForm } from "../forms.ts";
import { allowInView, allowSubject } from "../in-view.ts";
import { pendingFor, proposalFor } from "../row-proposal.ts";
import { notify, push, replaceTop, step, type AllowLayer, type Step, type View } from "../view.ts";

/** In the table no request is under the keys. */
export function isTable({ view }: Context): boolean {
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

export function onRequest(context: Context): true | string {
  if (isTable(context)) return "T shows the requests first";
  return atHand(context) === undefined ? "there is no request" : true;
}

export function openRequest(context: Context): Step {
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
  return changedEgress(view, { at: inSight(view.egress, traffic, cursor, requestRoom(context)) });
}

export function running(context: Context): true | string {
  const bottle = selectedBottle(context);
  if (bottle === undefined) return "no bottle is selected";
  if (hasEnded(bottle)) return `${bottle.slug} does not run: its table is made anew from its definition`;
  return true;
}

export function allowable(context: Context): true | string {
  const here = onRequest(context);
  const row = atHand(context);
  if (here !== true || row === undefined) return here;
  const { slug, request } = row;
  if (running(context) !== true) return running(context);
  if (pendingFor(context.fleet, context.at, slug, request) !== undefined) return true;
  if (request.verdict === "allow") return "it was allowed; x takes its rule back";
  const proposal = proposalFor(slug, request);
  if ("problem" in proposal) return proposal.problem;
  const covered = coveringRoutes(context, slug, request).some(({ once }) => once !== true);
  return proposal.kind === "egress-block" && covered ? "the table allows it by now" : true;
}

/** The rules in force that are about this request. */
function coveringRoutes({ view, traffic, at }: Context, slug: string, request: EgressRequest): TableRoute[] {
  const routes = view.selected === slug ? (traffic.status?.table.routes ?? []) : [];
  return routes.filter(
    (route) => (route.expires_at === undefined || Date.parse(route.expires_at) > at) && covers(route, request),
  );
}

/** The proposal that waits for it where there is one: deciding that is the same, and everybody else sees it. */
export function showAllow(context: Context): Step {
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

export function allowNow(context: Context): Step {
  const layer = layerOf(context, "allow");
  if (layer === undefined) return step(context.view);
  const refusal = notYet(context, layer);
  if (refusal !== undefined) return refusal;
  const { slug, request } = layer;
  const stack = context.view.stack.filter(({ type }) => type !== "allow" && type !== "request");
  const working = { ...context.view.working, [requestKey(slug, request)]: "allow" };
  const shown = allowSubject(layer).digest;
  return step({ ...context.view, stack, working, notice: null }, { type: "allow", slug, request, shown });
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

export function deniable(context: Context): true | string {
  const here = onRequest(context);
  const row = atHand(context);
  if (here !== true || row === undefined) return here;
  const { slug, request } = row;
  if (requestKey(slug, request) in context.view.working) return "a decision is on its way";
  if (pendingFor(context.fleet, context.at, slug, request) !== undefined) return true;
  if (request.verdict === "block" || request.verdict === "hold") return "nothing waits for it: it was refused already";
  if (coveringRoutes(context, slug, request).length === 0) return "no rule of the table allows it (any more)";
  return running(context);
}

export function deny(context: Context): Step {
  const row = atHand(context);
  if (row === undefined) return step(context.view);
  const { slug, request, seq } = row;
  const view = held(context, seq);
  const waiting = pendingFor(context.fleet, context.at, slug, request);
  if (waiting !== undefined) return step(push(view, rejectForm(waiting, context.words(waiting).title)));
  return step(push(view, takeBackForm(slug, request)));
}

export function hasRow(context: Context): true | string {
  if (tableRowAtHand(context) === undefined) return "the table is empty";
  return running(context);
}

export function confirmRemove(context: Context): Step {
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
  return step(changedEgress(view, { at: inSight(view.egress, traffic, row.seq, requestRoom(context)) }));
}

/** Follows the requests, or holds the list where it is. */
export function followRequests(context: Context): Step {
  const { view } = context;
  if (view.egress.at !== null) return step(changedEgress(view, { at: null }));
  const newest = requestAtHand(context);
  return newest === undefined ? step(view) : step(held(context, newest.seq));
}
