// Everything that the action table may look at, and the questions that its rows ask of it.

import { insideOf } from "#components/pane.ts";
import { hasEnded } from "#components/fleet-list.ts";
import { UNANSWERED } from "#components/inbox-rows.ts";
import { problemsOf } from "#components/hosts.ts";
import { layoutOf, type Layout } from "#components/layout.ts";
import { proposalDetail, type ProposalWords } from "#components/proposal-detail.ts";
import type { BackendInfo } from "#contracts/console.ts";
import { statusOf, type BottleRow, type Fleet, type InboxItem } from "#domain/fleet/fleet.ts";
import { byUrgency, isAlarm, isUrgent } from "#domain/fleet/urgency.ts";

import type { Traffic } from "./traffic.ts";
import { background, top, type InView, type Layer, type View } from "./view.ts";
import { sheetHeight } from "./sheet-height.ts";

export interface Context {
  readonly view: View;
  readonly fleet: Fleet;
  /** Milliseconds. */
  readonly at: number;
  /** The numbers of the first and the last log line that are kept. */
  readonly logs: { readonly first: number; readonly last: number };
  readonly traffic: Traffic;
  /** How far the preview can be scrolled. */
  readonly scrollable: number;
  readonly words: (item: InboxItem) => ProposalWords;
  /** What there is to run bottles in, and what it can do. */
  readonly backends: readonly BackendInfo[];
}

/** Decisions are ignored for this long after a proposal came into view: what was typed before was not meant for it. */
const SETTLE_MS = 500;

export function layout({ view, fleet, at }: Pick<Context, "view" | "fleet" | "at">): Layout {
  return layoutOf(view.size, {
    sheet: sheetHeight(top(view)),
    pending: pendingItems(fleet, at).length,
    expanded: view.expanded,
    bottles: fleet.bottles.length + problemsOf(fleet).length,
    proposals: fleet.inbox.length,
  });
}

export function visibleBottles(view: View, fleet: Fleet): readonly BottleRow[] {
  const wanted = view.filter.toLowerCase();
  if (wanted === "") return fleet.bottles;
  return fleet.bottles.filter(({ slug, label, agent, state, backend, host }) =>
    `${slug} ${label} ${agent} ${state} ${backend} ${host}`.toLowerCase().includes(wanted),
  );
}

export function selectedBottle({ view, fleet }: Pick<Context, "view" | "fleet">): BottleRow | undefined {
  return fleet.bottles.find(({ slug }) => slug === view.selected);
}

/**
 * What somebody still waits for, the most urgent first: nobody waits in a bottle that ended, until it runs again. An alarm
 * is there until it was looked at.
 */
export function pendingItems(fleet: Fleet, at: number): readonly InboxItem[] {
  const now = new Date(at);
  const running = new Set(fleet.bottles.filter((bottle) => !hasEnded(bottle)).map(({ slug }) => slug));
  const waiting = fleet.inbox.filter(
    (item) => statusOf(item, now) === "pending" && (running.has(item.proposal.bottle_slug) || isAlarm(item.proposal)),
  );
  return byUrgency(waiting, now);
}

/** Undecided, and the bottle that asked has ended or is gone. */
export function isUnanswered(item: InboxItem, fleet: Fleet, at: number): boolean {
  if (statusOf(item, new Date(at)) !== "pending" || isAlarm(item.proposal)) return false;
  const bottle = fleet.bottles.find(({ slug }) => slug === item.proposal.bottle_slug);
  return bottle === undefined || hasEnded(bottle);
}

/** What waits first, the most urgent on top; below it what was decided, newest on top. */
export function inboxItems(fleet: Fleet, at: number): readonly InboxItem[] {
  const pending = pendingItems(fleet, at);
  const waiting = new Set(pending);
  return [...pending, ...fleet.inbox.filter((item) => !waiting.has(item)).toReversed()];
}

export function findItem(fleet: Fleet, id: string | null): InboxItem | undefined {
  return id === null ? undefined : fleet.inbox.find(({ proposal }) => proposal.id === id);
}

/** The proposal that keys are about: the one in the open detail, under the cursor of the inbox, or in the tab. */
export function itemAtHand(context: Context): InboxItem | undefined {
  const { view, fleet, at } = context;
  const layer = background(view);
  if (layer?.type === "proposal") return findItem(fleet, layer.id);
  if (layer?.type === "inbox") return findItem(fleet, layer.selected);
  if (layer !== undefined) return undefined;
  const pending = pendingItems(fleet, at);
  const [first] = pending;
  if (first === undefined || isUrgent(first, new Date(at))) return first;
  return pending.find(({ proposal }) => proposal.bottle_slug === view.selected) ?? first;
}

/** The proposal whose rule, meaning and warnings are all on the screen. */
export function itemInView(context: Context): InboxItem | undefined {
  const layer = background(context.view);
  if (layer?.type !== "proposal" && layer?.type !== "inbox") return undefined;
  const item = itemAtHand(context);
  if (item === undefined) return undefined;
  const { body, inboxDetail, kind } = layout(context);
  if (kind === "tiny") return undefined;
  const inside = insideOf(layer.type === "proposal" ? body : inboxDetail);
  const ended = isUnanswered(item, context.fleet, context.at);
  const build = context.view.builds[item.proposal.id];
  const words = context.words(item);
  const { vital } = proposalDetail({ item, ended, words, build, width: inside.width, now: context.at });
  const scroll = layer.scroll;
  const whole = scroll === 0 && vital <= inside.height;
  // A rule longer than the whole screen has been seen when its end has been scrolled to.
  const end = layer.type === "proposal" && scroll + inside.height >= vital;
  return whole || end ? item : undefined;
}

/** Why the proposal in view cannot be decided now, or undefined. */
export function undecidable(context: Context): string | undefined {
  const item = itemAtHand(context);
  if (item === undefined) return "no proposal is selected";
  const status = statusOf(item, new Date(context.at));
  if (status !== "pending") return `it is ${status} already`;
  if (isUnanswered(item, context.fleet, context.at)) return UNANSWERED;
  if (item.proposal.id in context.view.working) return "a decision is on its way";
  return undefined;
}

/** Why a decision would be too early: it must have been on the screen, in this very version, for a moment, and nothing typed. */
export function unsettled({ view, at }: Context, seen: Pick<InView, "id" | "digest">): string | undefined {
  const { inView, typing } = view;
  if (inView === null || inView.id !== seen.id || inView.digest !== seen.digest) {
    return "look at it first: it was not on the screen";
  }
  if (at - inView.since < SETTLE_MS) return "it appeared just now: look, then press again";
  const typed = typing !== null && at - typing.otherAt < SETTLE_MS;
  return typed ? "another key was typed just now: press again to decide" : undefined;
}

export function layerOf<T extends Layer["type"]>(
  { view }: Pick<Context, "view">,
  type: T,
): Extract<Layer, { type: T }> | undefined {
  const layer = top(view);
  return layer?.type === type ? (layer as Extract<Layer, { type: T }>) : undefined;
}
