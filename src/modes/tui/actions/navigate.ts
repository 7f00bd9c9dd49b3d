// Moving about: selection, scrolling, tabs, one step back.

import { bottleRoom } from "#components/fleet-list.ts";
import { problemsOf } from "#components/hosts.ts";
import { keepInSight } from "#components/layout.ts";
import { TABS, tabProblem, tabTitle, type Tab } from "#components/tabs/tab.ts";

import { moveRequest } from "../egress-cursor.ts";
import { inboxItems, layout, pendingItems, visibleBottles, type Context } from "../context.ts";
import { notify, pop, replaceTop, step, top, type Layer, type Step, type View } from "../view.ts";

import { always, BROWSING, LEAVABLE, LISTS, MAIN, type Action, type Place } from "./action.ts";

const LONG: readonly Place[] = [...BROWSING, "help", "palette", "picker"];

export const navigate: readonly Action[] = [
  motion("up", "Up", "One up", ["up", "k"], LISTS, (context) => move(context, -1)),
  motion("down", "Down", "One down", ["down", "j"], LISTS, (context) => move(context, 1)),
  motion("page-up", "Page up", "Scroll back by a page", ["pgup", "ctrl-b"], LONG, (context) => page(context, -1)),
  motion("page-down", "Page down", "Scroll on by a page", ["pgdn", "ctrl-f"], LONG, (context) => page(context, 1)),
  motion("first", "First", "To the first one, or the start", ["g", "home"], BROWSING, (context) =>
    move(context, -Infinity),
  ),
  motion("last", "Last", "To the last one, or the end", ["G", "end"], BROWSING, (context) => move(context, Infinity)),
  motion("focus-list", "List", "The arrows move in the list of bottles", ["left", "h"], MAIN, ({ view }) =>
    step({ ...view, focus: "list", expanded: false }),
  ),
  motion("focus-preview", "Preview", "The arrows scroll the preview", ["right", "l"], MAIN, ({ view }) =>
    step({ ...view, focus: "preview" }),
  ),
  {
    id: "expand",
    title: "expand",
    titleNow: ({ view }) => (view.expanded ? "list" : "expand"),
    description: "The preview over the whole screen, and back",
    keys: ["z"],
    places: MAIN,
    enabled: always,
    run: ({ view }) => step({ ...view, expanded: !view.expanded, focus: view.expanded ? view.focus : "preview" }),
    footer: 46,
  },
  motion("next-tab", "Next tab", "The next tab of the preview", ["tab"], MAIN, (context) => nextTab(context, 1)),
  motion("previous-tab", "Previous tab", "The tab before", ["shift-tab"], MAIN, (context) => nextTab(context, -1)),
  ...TABS.map((tab, index): Action => ({
    id: `tab-${tab}`,
    title: tabTitle(tab),
    description: `Show the tab ${tabTitle(tab)}`,
    keys: [String(index + 1)],
    places: MAIN,
    enabled: () => tabProblem(tab) ?? true,
    run: ({ view }) => step(showTab(view, tab)),
  })),
  {
    id: "next-waiting",
    title: "next waiting",
    description: "Select the next bottle that waits for you",
    keys: ["w"],
    places: MAIN,
    enabled: (context) => (waiting(context).length > 0 ? true : "nothing waits for you"),
    run: nextWaiting,
    footer: 35,
  },
  {
    id: "back",
    title: "back",
    description: "One step back; never quits",
    keys: ["esc"],
    places: LEAVABLE,
    enabled: always,
    run: ({ view }) => step(back(view)),
    footer: 90,
    motion: true,
  },
];

function motion(
  id: string,
  title: string,
  description: string,
  keys: string[],
  places: readonly Place[],
  run: Action["run"],
): Action {
  return { id, title, description, keys, places, enabled: always, run, motion: true };
}

function move(context: Context, by: number): Step {
  const layer = top(context.view);
  if (layer !== undefined) return step(moveInLayer(context, layer, by));
  if (context.view.focus === "preview") return step(scrollPreview(context, by));
  return step(moveSelection(context, by));
}

function page(context: Context, direction: 1 | -1): Step {
  const layer = top(context.view);
  const rows = Math.max(1, layout(context).body.height - 3);
  if (layer !== undefined) return step(moveInLayer(context, layer, direction * rows, true));
  const inside = Math.max(1, layout(context).preview.height - 3);
  return step(scrollPreview(context, direction * inside));
}

function moveSelection({ view, fleet, at }: Context, by: number): View {
  const bottles = visibleBottles(view, fleet);
  const index = bottles.findIndex(({ slug }) => slug === view.selected);
  const next = bottles[clamp(index + by, 0, bottles.length - 1)];
  if (next === undefined || next.slug === view.selected) return view;
  return inSight(
    { ...view, selected: next.slug, scroll: 0, logs: { ...view.logs, pausedAt: null, match: null } },
    { fleet, at },
  );
}

/** The list is scrolled as little as possible so that the selection is visible. */
export function inSight(view: View, { fleet, at }: Pick<Context, "fleet" | "at">): View {
  const bottles = visibleBottles(view, fleet);
  const index = bottles.findIndex(({ slug }) => slug === view.selected);
  if (view.expanded) return view;
  const inside = layout({ view, fleet, at }).list.height - 2;
  const height = bottleRoom(inside, bottles.length, problemsOf(fleet).length);
  const listOffset = keepInSight(view.listOffset, index, height, bottles.length);
  return listOffset === view.listOffset ? view : { ...view, listOffset };
}

const FROM_THE_END: ReadonlySet<Tab> = new Set(["screen", "audit"]);

/** `by` rows towards the end of what is shown. */
function scrollPreview(context: Context, by: number): View {
  const { view, logs, scrollable } = context;
  if (view.tab === "egress") return moveRequest(context, by);
  if (view.tab === "logs") return { ...view, logs: { ...view.logs, pausedAt: scrolledLogs(view, logs, by) } };
  const wanted = FROM_THE_END.has(view.tab) ? view.scroll - by : view.scroll + by;
  return { ...view, scroll: clamp(wanted, 0, scrollable) };
}

function scrolledLogs(view: View, logs: Context["logs"], by: number): number | null {
  const next = (view.logs.pausedAt ?? logs.last) + by;
  return next >= logs.last ? null : Math.max(logs.first, next);
}

function moveInLayer(context: Context, layer: Layer, by: number, paging = false): View {
  const { view } = context;
  switch (layer.type) {
    case "inbox":
      return paging
        ? replaceTop(view, { ...layer, scroll: Math.max(0, layer.scroll + by) })
        : moveInInbox(context, layer, by);
    case "proposal":
    case "request":
    case "allow":
    case "help":
    case "preflight":
      return replaceTop(view, { ...layer, scroll: clamp(layer.scroll + by, 0, context.scrollable) });
    case "crash-log": // counted from the end, which is followed
      return replaceTop(view, { ...layer, scroll: clamp(layer.scroll - by, 0, context.scrollable) });
    case "palette":
    case "picker":
    case "backends":
    case "crash-logs":
    case "scope":
      return replaceTop(view, { ...layer, index: clamp(layer.index + by, 0, context.scrollable) });
    default:
      return view;
  }
}

function moveInInbox({ view, fleet, at }: Context, layer: Extract<Layer, { type: "inbox" }>, by: number): View {
  const items = inboxItems(fleet, at);
  const index = items.findIndex(({ proposal }) => proposal.id === layer.selected);
  const to = clamp(index + by, 0, items.length - 1);
  const height = layout({ view, fleet, at }).inboxList.height - 2;
  const offset = keepInSight(layer.offset, to, height, items.length);
  return replaceTop(view, { ...layer, selected: items[to]?.proposal.id ?? null, offset, scroll: 0 });
}

function nextTab({ view }: Context, by: 1 | -1): Step {
  const open = TABS.filter((tab) => tabProblem(tab) === undefined);
  const index = open.indexOf(view.tab);
  return step(showTab(view, open.at((index + by) % open.length) ?? "screen"));
}

function showTab(view: View, tab: Tab): View {
  return { ...view, tab, scroll: 0 };
}

function waiting({ fleet, at }: Context): readonly string[] {
  const asked = new Set(pendingItems(fleet, at).map(({ proposal }) => proposal.bottle_slug));
  return fleet.bottles.filter(({ slug, state }) => state === "waiting" || asked.has(slug)).map(({ slug }) => slug);
}

function nextWaiting(context: Context): Step {
  const { view, fleet } = context;
  const slugs = waiting(context);
  const order = fleet.bottles.map(({ slug }) => slug);
  const here = order.indexOf(view.selected ?? "");
  const next = slugs.find((slug) => order.indexOf(slug) > here) ?? slugs[0];
  if (next === undefined) return step(view);
  if (next === view.selected) return step(notify(view, "info", "this is the only bottle that waits for you"));
  return step(inSight({ ...view, selected: next, filter: "", scroll: 0 }, context));
}

function back(view: View): View {
  const layer = top(view);
  if (layer?.type === "prompt" && layer.what === "filter") return { ...pop(view), filter: "" };
  if (layer?.type === "prompt" && layer.what === "requests")
    return { ...pop(view), egress: { ...view.egress, filter: "" } };
  if (layer?.type === "prompt" && layer.what === "search-requests")
    return { ...pop(view), egress: { ...view.egress, search: "" } };
  if (layer?.type === "prompt") return { ...pop(view), logs: { ...view.logs, search: "", match: null } };
  if (layer?.type === "help" && layer.filter !== "") return replaceTop(view, { ...layer, filter: "", scroll: 0 });
  if (layer !== undefined) return pop(view);
  const nearer = view.tab === "egress" && view.focus === "preview" ? backInEgress(view) : undefined;
  if (nearer !== undefined) return nearer;
  if (view.expanded) return { ...view, expanded: false };
  if (view.focus === "preview") return { ...view, focus: "list" };
  if (view.logs.search !== "" && view.tab === "logs")
    return { ...view, logs: { ...view.logs, search: "", match: null } };
  if (view.filter !== "") return { ...view, filter: "", listOffset: 0 };
  return { ...view, notice: null };
}

/** From the table to the requests, then to all of them, then to following them; undefined when there is no step left. */
function backInEgress(view: View): View | undefined {
  const { egress } = view;
  const to = (more: Partial<View["egress"]>): View => ({ ...view, egress: { ...egress, ...more } });
  if (egress.table) return to({ table: false });
  if (egress.search !== "") return to({ search: "" });
  if (egress.filter !== "" || egress.kind !== "all") return to({ filter: "", kind: "all" });
  return egress.at === null ? undefined : to({ at: null });
}

function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(value, Math.max(low, high)));
}
