// The tab Egress: its requests, its table, and the keys that decide about a row.

import { layerOf, type Context } from "../context.ts";
import { changedEgress } from "../egress-cursor.ts";
import { KINDS } from "../request-filter.ts";
import { push, step, type EgressView } from "../view.ts";

import { MAIN, type Action, type Place } from "./action.ts";
import {
  allowable,
  allowNow,
  confirmRemove,
  deniable,
  deny,
  hasRow,
  isTable,
  onRequest,
  openRequest,
  requestKey,
  running,
  showAllow,
} from "./egress-row.ts";

/** Where a request is under the keys. */
const ON_REQUEST: readonly Place[] = ["egress", "request"];

const inEgress = ({ view }: Context): true | string => (view.tab === "egress" ? true : "only in the tab Egress (3)");

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
    run: ({ view }) => step(changedEgress(view, { table: !view.egress.table })),
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
    run: ({ view }) => step(changedEgress(view, { kind: nextKind(view.egress) })),
    footer: 26,
  },
  {
    id: "egress-search",
    title: "search",
    description: "Search the requests without hiding the others; n and N go on",
    keys: ["&"],
    places: MAIN,
    enabled: inEgress,
    run: ({ view }) =>
      step(
        push(changedEgress(view, { table: false }), {
          type: "prompt",
          what: "search-requests",
          text: view.egress.search,
        }),
      ),
  },
];

function nextKind({ kind }: EgressView): EgressView["kind"] {
  return KINDS[(KINDS.indexOf(kind) + 1) % KINDS.length] ?? "all";
}
