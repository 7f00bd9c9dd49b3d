// Looking at logs and filtering lists.

import { layerOf, type Context } from "../context.ts";
import { changedEgress } from "../egress-cursor.ts";
import { push, pop, step, top, type Layer, type Step, type View } from "../view.ts";

import { MAIN, type Action } from "./action.ts";
import { findRequest, followRequests } from "./egress-row.ts";

function followable({ view }: Context): true | string {
  if (view.tab === "egress") return view.egress.table ? "T shows the requests first" : true;
  return view.tab === "logs" ? true : "only in the tabs Logs (2) and Egress (3)";
}
const inLogs = ({ view }: Context): true | string => (view.tab === "logs" ? true : "only in the tab Logs (2)");
function searching(context: Context): true | string {
  const { view } = context;
  if (view.tab === "egress") {
    if (view.egress.table) return "T shows the requests first";
    return view.egress.search === "" ? "search with & first" : true;
  }
  return inLogs(context) !== true ? inLogs(context) : view.logs.search === "" ? "search with / first" : true;
}

function goOn(context: Context, direction: "older" | "newer"): Step {
  const { view } = context;
  return view.tab === "egress"
    ? findRequest(context, direction)
    : step(view, { type: "find", text: view.logs.search, direction });
}

export const NO_CRASH_LOG = "there is no crash log";

export const logs: readonly Action[] = [
  {
    id: "search",
    title: "filter",
    titleNow: ({ view }) => (view.tab === "logs" ? "search" : "filter"),
    description: "Search the logs or filter the requests when they are shown, else filter the list of bottles",
    keys: ["/"],
    places: MAIN,
    enabled: () => true,
    run: ({ view }) => step(push(changedEgress(view, { table: false }), promptOf(view))),
    footer: 29,
  },
  {
    id: "filter",
    title: "filter",
    description: "Filter the list of bottles, also while the logs or the requests are shown",
    keys: ["F"],
    places: MAIN,
    enabled: () => true,
    run: ({ view }) => step(push(view, { type: "prompt", what: "filter", text: view.filter })),
  },
  {
    id: "prompt-done",
    title: "done",
    description: "Keep the filter, or go to the last match",
    keys: ["enter"],
    places: ["prompt"],
    enabled: () => true,
    run: promptDone,
    footer: 1,
    motion: true,
  },
  {
    id: "match-newer",
    title: "next match",
    description: "The next match of the search",
    keys: ["n"],
    places: MAIN,
    enabled: searching,
    run: (context) => goOn(context, "newer"),
    footer: 21,
  },
  {
    id: "match-older",
    title: "match before",
    description: "The match before",
    keys: ["N"],
    places: MAIN,
    enabled: searching,
    run: (context) => goOn(context, "older"),
    footer: 22,
  },
  {
    id: "follow",
    title: "follow",
    description: "Follow the logs or the requests, or pause them where they are; more go on coming in",
    keys: ["f"],
    places: MAIN,
    enabled: followable,
    run: followOrPause,
    footer: 23,
  },
  {
    id: "wrap",
    title: "wrap",
    description: "Wrap long log lines, or cut them at the edge",
    keys: ["W"],
    places: ["main"],
    enabled: inLogs,
    run: ({ view }) => step({ ...view, logs: { ...view.logs, wrap: !view.logs.wrap } }),
    footer: 24,
  },
  {
    id: "times",
    title: "times",
    description: "Show or hide the time of each log line",
    keys: ["t"],
    places: ["main"],
    enabled: inLogs,
    run: ({ view }) => step({ ...view, logs: { ...view.logs, times: !view.logs.times } }),
    footer: 25,
  },
  {
    id: "open-crash-log",
    title: "tail",
    description: "Show the end of the crash log, and what is added to it",
    keys: ["enter"],
    places: ["crash-logs"],
    enabled: (context) => (crashFile(context) === undefined ? NO_CRASH_LOG : true),
    run: (context) => {
      const file = crashFile(context);
      return file === undefined
        ? step(context.view)
        : step(push(context.view, { type: "crash-log", path: file.path, scroll: 0 }));
    },
    footer: 1,
    motion: true,
  },
];

function promptOf({ tab, filter, egress }: View): Layer {
  if (tab === "logs") return { type: "prompt", what: "search", text: "" };
  if (tab === "egress") return { type: "prompt", what: "requests", text: egress.filter };
  return { type: "prompt", what: "filter", text: filter };
}

function followOrPause(context: Context): Step {
  const { view, logs } = context;
  if (view.tab === "egress") return followRequests(context);
  return step({ ...view, logs: { ...view.logs, pausedAt: view.logs.pausedAt === null ? logs.last : null } });
}

function crashFile(context: Context) {
  const layer = layerOf(context, "crash-logs");
  return layer?.files?.[layer.index];
}

function promptDone(context: Context): Step {
  const { view } = context;
  const layer = top(view);
  if (layer?.type !== "prompt") return step(view);
  const done = pop(view);
  if (layer.what === "requests") return step({ ...done, focus: "preview" });
  if (layer.what === "search-requests") {
    const focused: View = { ...done, focus: "preview" };
    return layer.text === "" ? step(focused) : findRequest({ ...context, view: focused }, "older");
  }
  if (layer.what === "filter" || layer.text === "") return step(done);
  return step(done, { type: "find", text: layer.text, direction: "older" });
}
