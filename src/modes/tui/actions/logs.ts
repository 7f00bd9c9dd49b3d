// Looking at logs and filtering lists.

import { layerOf, type Context } from "../context.ts";
import { push, pop, step, top, type Step } from "../view.ts";

import { type Action } from "./action.ts";

const inLogs = ({ view }: Context): true | string => (view.tab === "logs" ? true : "only in the tab Logs (2)");
const searching = (context: Context): true | string =>
  inLogs(context) !== true ? inLogs(context) : context.view.logs.search === "" ? "search with / first" : true;

export const NO_CRASH_LOG = "there is no crash log";

export const logs: readonly Action[] = [
  {
    id: "search",
    title: "filter",
    titleNow: ({ view }) => (view.tab === "logs" ? "search" : "filter"),
    description: "Search the logs when they are shown, else filter the list of bottles",
    keys: ["/"],
    places: ["main"],
    enabled: () => true,
    run: ({ view }) =>
      step(
        push(
          view,
          view.tab === "logs"
            ? { type: "prompt", what: "search", text: "" }
            : { type: "prompt", what: "filter", text: view.filter },
        ),
      ),
    footer: 50,
  },
  {
    id: "filter",
    title: "filter",
    description: "Filter the list of bottles, also while the logs are shown",
    keys: ["F"],
    places: ["main"],
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
    places: ["main"],
    enabled: searching,
    run: ({ view }) => step(view, { type: "find", text: view.logs.search, direction: "newer" }),
    footer: 21,
  },
  {
    id: "match-older",
    title: "match before",
    description: "The match before",
    keys: ["N"],
    places: ["main"],
    enabled: searching,
    run: ({ view }) => step(view, { type: "find", text: view.logs.search, direction: "older" }),
    footer: 22,
  },
  {
    id: "follow",
    title: "follow",
    description: "Follow the logs, or pause them where they are; lines go on coming in",
    keys: ["f"],
    places: ["main"],
    enabled: inLogs,
    run: ({ view, logs: { last } }) =>
      step({ ...view, logs: { ...view.logs, pausedAt: view.logs.pausedAt === null ? last : null } }),
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

function crashFile(context: Context) {
  const layer = layerOf(context, "crash-logs");
  return layer?.files?.[layer.index];
}

function promptDone({ view }: Context): Step {
  const layer = top(view);
  if (layer?.type !== "prompt") return step(view);
  const done = pop(view);
  if (layer.what === "filter" || layer.text === "") return step(done);
  return step(done, { type: "find", text: layer.text, direction: "older" });
}
