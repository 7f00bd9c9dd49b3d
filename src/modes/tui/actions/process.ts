// Keys that are about the dashboard's own process: they work everywhere.

import { step } from "../view.ts";

import { always, EVERYWHERE, type Action } from "./action.ts";

export const processActions: readonly Action[] = [
  {
    id: "interrupt",
    title: "interrupt",
    description: "Leave at once with exit code 130; the bottles go on",
    keys: ["ctrl-c"],
    places: EVERYWHERE,
    enabled: always,
    run: ({ view }) => step(view, { type: "interrupt" }),
  },
  {
    id: "suspend",
    title: "suspend",
    description: "Put the dashboard to sleep (fg brings it back)",
    keys: ["ctrl-z"],
    places: EVERYWHERE,
    enabled: always,
    run: ({ view }) => step(view, { type: "suspend" }),
  },
];
