// From the view and what is known to the props of the components, for one frame. Pure.

import type { DashboardProps, ScreenProps, SheetProps } from "#components/dashboard.tsx";
import { hostNames, hostsDown, problemsOf } from "#components/hosts.ts";
import type { ItemLine } from "#components/inbox-rows.ts";
import { insideOf } from "#components/pane.ts";
import { proposalDetail, type DetailProps } from "#components/proposal-detail.ts";
import type { InboxItem } from "#domain/fleet/fleet.ts";

import { buildsNow } from "./builds.ts";
import { footerHints, helpLines, paletteActions, type Keymap } from "./actions.ts";
import {
  findItem,
  inboxItems,
  isUnanswered,
  itemAtHand,
  layout,
  pendingItems,
  selectedBottle,
  visibleBottles,
  type Context,
} from "./context.ts";
import { allowScreen, requestScreen } from "./egress-screens.ts";
import { alarmsOf, credentialsOf, stripItems, timeLeft } from "./foremost.ts";
import { formOf } from "./form-scene.ts";
import { shownKey } from "./keys.ts";
import { previewContent } from "./preview.ts";
import { startScreen } from "./start-scene.ts";
import { scopeProblem, SCOPES } from "./scopes.ts";
import { background, isSheet, top, type Layer } from "./view.ts";
import type { BottleWatch } from "./watch-bottle.ts";

export interface SceneNeeds {
  readonly context: Omit<Context, "scrollable">;
  readonly keymap: Keymap;
  readonly watch: BottleWatch | null;
  readonly crashTail: { readonly lines: readonly string[]; readonly problem: string | null };
  readonly color: boolean;
  /** Findings in answers that nobody looked at yet, by bottle. */
  readonly unseen?: Readonly<Record<string, number>>;
}

export interface Scene {
  readonly props: Omit<DashboardProps, "onText">;
  /** How far the thing that has the keys can be scrolled, or the last index of its list. */
  readonly scrollable: number;
}

export function sceneOf(needs: SceneNeeds): Scene {
  const { keymap } = needs;
  const context: Context = { ...needs.context, scrollable: 0 };
  const { view, fleet, at } = context;
  const place = layout(context);
  const { screen, scrollable } = screenOf(needs, context);
  const layer = top(view);
  const sheet = layer !== undefined && isSheet(layer) ? sheetOf(layer, needs, context) : null;
  const pending = pendingItems(fleet, at);
  return {
    props: {
      layout: place,
      color: needs.color,
      fleet,
      pending: pending.length,
      left: timeLeft(pending, at),
      alarms: alarmsOf(pending),
      credentials: credentialsOf(fleet, at),
      now: at,
      screen,
      sheet: sheet?.props ?? null,
      strip: stripItems(pending, itemAtHand(context))
        .slice(0, place.strip)
        .map((item) => itemLine(item, context)),
      footer: { hints: footerHints(keymap, context), notice: view.notice },
    },
    scrollable: sheet?.scrollable ?? scrollable,
  };
}

function itemLine(item: InboxItem, context: Context): ItemLine {
  const { title, warnings } = context.words(item);
  const ended = isUnanswered(item, context.fleet, context.at);
  const dangers = warnings.filter(({ severity }) => severity === "danger").length;
  return { item, ended, title, warnings: dangers, build: context.view.builds[item.proposal.id] };
}

function openItem(item: InboxItem, context: Context): Omit<DetailProps, "width"> {
  const ended = isUnanswered(item, context.fleet, context.at);
  return { item, ended, words: context.words(item), build: context.view.builds[item.proposal.id], now: context.at };
}

function screenOf(needs: SceneNeeds, context: Context): { screen: ScreenProps; scrollable: number } {
  const layer = background(context.view);
  const { body } = layout(context);
  switch (layer?.type) {
    case undefined:
      return mainOf(needs, context);
    case "inbox":
      return inboxOf(layer, context);
    case "proposal": {
      const item = findItem(context.fleet, layer.id);
      const open = item === undefined ? null : openItem(item, context);
      const inside = insideOf(body);
      const rows = open === null ? 0 : proposalDetail({ ...open, width: inside.width }).rows.length;
      return {
        screen: { type: "proposal", open, scroll: layer.scroll, active: true },
        scrollable: Math.max(0, rows - inside.height),
      };
    }
    case "request":
      return requestScreen(layer, context);
    case "allow":
      return allowScreen(layer, context);
    case "help": {
      const lines = helpLines(needs.keymap, context, layer.filter);
      return {
        screen: { type: "help", lines, filter: layer.filter, scroll: layer.scroll },
        scrollable: Math.max(0, lines.length - (body.height - 3)),
      };
    }
    case "picker":
    case "preflight":
    case "backends":
      return startScreen(layer);
    case "progress":
      return { screen: layer, scrollable: 0 };
    case "crash-logs":
      return {
        screen: { type: "crash-logs", files: layer.files, index: layer.index, now: context.at },
        scrollable: Math.max(0, (layer.files?.length ?? 0) - 1),
      };
    case "crash-log": {
      const { lines, problem } = needs.crashTail;
      const scrollable = Math.max(0, lines.length - (body.height - 2));
      return { screen: { type: "crash-log", path: layer.path, lines, scroll: layer.scroll, problem }, scrollable };
    }
    default:
      return mainOf(needs, context);
  }
}

function mainOf(
  { keymap, watch, unseen = {} }: SceneNeeds,
  context: Context,
): { screen: ScreenProps; scrollable: number } {
  const { view, fleet, at } = context;
  const problems = problemsOf(fleet);
  if (fleet.bottles.length === 0) {
    const key = (id: string): string => shownKey(keymap.actions.find((action) => action.id === id)?.keys[0] ?? "");
    return {
      screen: { type: "welcome", keys: { demo: key("demo"), start: key("start"), help: key("help") }, problems },
      scrollable: 0,
    };
  }
  const { preview, kind } = layout(context);
  const bottle = selectedBottle(context);
  const shown = watch?.slug === bottle?.slug ? watch : null;
  const { scrollable, ...content } = previewContent({
    context,
    bottle,
    watch: shown,
    ...insideOf({ ...preview, open: kind !== "wide" }),
  });
  const screen: ScreenProps = {
    type: "main",
    fleet: {
      bottles: visibleBottles(view, fleet),
      total: fleet.bottles.length,
      offset: view.listOffset,
      selected: view.selected,
      filter: view.filter,
      problems,
      unseen,
      severalHosts: hostNames(fleet).size > 1,
      hostsDown: hostsDown(fleet),
      builds: buildsNow(view),
      active: view.focus === "list",
      now: at,
    },
    tab: { ...content, active: view.focus === "preview", unseen: unseen[view.selected ?? ""] ?? 0 },
  };
  return { screen, scrollable };
}

function inboxOf(
  layer: Extract<Layer, { type: "inbox" }>,
  context: Context,
): { screen: ScreenProps; scrollable: number } {
  const { fleet, at } = context;
  const items = inboxItems(fleet, at);
  const item = findItem(fleet, layer.selected);
  const { inboxDetail, inboxList } = layout(context);
  const inside = insideOf(inboxDetail);
  const open = item === undefined ? null : openItem(item, context);
  const rows = open === null ? 0 : proposalDetail({ ...open, width: inside.width }).rows.length;
  return {
    screen: {
      type: "inbox",
      items: items
        .slice(layer.offset, layer.offset + insideOf(inboxList).height)
        .map((each) => itemLine(each, context)),
      pending: pendingItems(fleet, at).length,
      selected: layer.selected,
      open,
      scroll: layer.scroll,
      now: at,
    },
    scrollable: Math.max(0, rows - inside.height),
  };
}

function scopeSheet({ id, index }: Extract<Layer, { type: "scope" }>, { fleet }: Context) {
  const proposal = findItem(fleet, id)?.proposal;
  const scopes = SCOPES.map(({ title, detail, approval }) => {
    const problem = scopeProblem(approval, proposal);
    return { title, detail: problem === undefined ? detail : `not now: ${problem}` };
  });
  return { props: { type: "scope", scopes, index } as const, scrollable: SCOPES.length - 1 };
}

function sheetOf(
  layer: Layer,
  { keymap }: SceneNeeds,
  context: Context,
): { props: SheetProps; scrollable: number } | null {
  switch (layer.type) {
    case "confirm":
      return {
        props: { type: "confirm", lines: layer.lines, safe: layer.safe, act: layer.act, focus: layer.focus },
        scrollable: 0,
      };
    case "scope":
      return scopeSheet(layer, context);
    case "form":
      return { props: formOf(layer, context), scrollable: 0 };
    case "prompt":
      return { props: { type: "prompt", what: layer.what, text: layer.text }, scrollable: 0 };
    case "palette": {
      const offered = paletteActions(keymap, context, layer.filter);
      const actions = offered.map(({ action, reason }) => ({
        key: action.keys.map(shownKey).join(" "),
        title: action.title,
        description: action.description,
        reason,
      }));
      return {
        props: { type: "palette", filter: layer.filter, index: layer.index, actions },
        scrollable: Math.max(0, actions.length - 1),
      };
    }
    default:
      return null;
  }
}
