// Bottles: reattach, start, resume, stop; and the screens that are no list of bottles.

import type { BottleRow, BottleState } from "#domain/fleet/fleet.ts";

import { inboxItems, pendingItems, selectedBottle, type Context } from "../context.ts";
import { possible } from "../possible.ts";
import { emptyProgress } from "../progress.ts";
import { notify, pop, push, step, top, type Step } from "../view.ts";

import { always, BROWSING, MAIN, type Action } from "./action.ts";

const RUNNING: ReadonlySet<BottleState> = new Set(["starting", "busy", "waiting", "idle", "unknown"]);

export const bottles: readonly Action[] = [
  {
    id: "attach",
    title: "attach",
    description: "Hand the terminal to the agent; the detach key brings you back",
    keys: ["enter", "o"],
    places: ["main"],
    enabled: (context) =>
      onBottle(context, (bottle) =>
        runs(bottle) ? possible(context, bottle) : `${bottle.slug} does not run; R resumes it`,
      ),
    run: (context) =>
      withBottle(context, ({ slug }) =>
        step(notify(context.view, "info", `attaching to ${slug}…`), { type: "attach", slug }),
      ),
    footer: 20,
  },
  {
    id: "inbox",
    title: "inbox",
    description: "All proposals of all bottles",
    keys: ["i"],
    places: [...MAIN, "crash-logs"],
    enabled: always,
    run: openInbox,
    footer: 30,
  },
  {
    id: "start",
    title: "start",
    description: "Start a new bottle: pick an agent, look at the preflight, launch",
    keys: ["s"],
    places: MAIN,
    enabled: always,
    run: ({ view }) =>
      step(push(view, { type: "picker", agents: null, index: 0, filter: "" }), { type: "load-agents" }),
    footer: 40,
  },
  {
    id: "demo",
    title: "demo",
    description: "Start the demo bottle: the whole loop with a scripted agent, without an account",
    keys: ["d"],
    places: MAIN,
    enabled: ({ view }) =>
      view.stack.some((layer) => layer.type === "progress" && layer.failed === undefined)
        ? "a launch is under way"
        : true,
    run: ({ view }) => step(push(view, emptyProgress("Starting the demo bottle")), { type: "start-demo" }),
    footer: 45,
  },
  {
    id: "resume",
    title: "resume",
    description: "Start a bottle that ended again, with the home that it left",
    keys: ["R"],
    places: MAIN,
    enabled: (context) =>
      onBottle(context, (bottle) =>
        runs(bottle) ? `${bottle.slug} runs already` : possible(context, bottle, "resume"),
      ),
    run: (context) =>
      withBottle(context, ({ slug }) =>
        step(push(context.view, emptyProgress(`Resuming ${slug}`)), { type: "resume", slug }),
      ),
    footer: 42,
  },
  {
    id: "stop",
    title: "stop",
    description: "Stop a bottle: ends its agent; its home and its logs stay",
    keys: ["S"],
    places: MAIN,
    enabled: (context) =>
      onBottle(context, (bottle) => (runs(bottle) ? stoppable(context, bottle) : `${bottle.slug} does not run`)),
    run: confirmStop,
    footer: 44,
  },
  {
    id: "crash-logs",
    title: "crash logs",
    description: "Crash logs of the agents and of this dashboard",
    keys: ["c"],
    places: [...MAIN, "inbox"],
    enabled: always,
    run: ({ view }) => step(push(view, { type: "crash-logs", files: null, index: 0 }), { type: "load-crash-logs" }),
    footer: 60,
  },
  {
    id: "palette",
    title: "palette",
    description: "All that can be done here, by name",
    keys: [":"],
    places: BROWSING,
    enabled: always,
    run: ({ view }) => step(push(view, { type: "palette", filter: "", index: 0 })),
    footer: 70,
  },
  {
    id: "quit",
    title: "quit",
    description: "Leave the dashboard; the bottles go on",
    keys: ["q"],
    places: BROWSING,
    enabled: ({ view }) => {
      if (view.stack.length > 0 && top(view)?.type !== "palette")
        return "q quits at the main screen only; Esc goes back";
      const building = Object.values(view.builds).some(({ over }) => !over);
      return building ? "a rebuild is under way and would end with the dashboard; Ctrl-C leaves all the same" : true;
    },
    run: ({ view }) => step(view, { type: "quit" }),
    footer: 80,
  },
  {
    id: "help",
    title: "help",
    description: "All keys, and why one does not work now",
    keys: ["?"],
    places: [...BROWSING, "preflight", "progress", "scope", "confirm"],
    enabled: always,
    run: ({ view }) => step(push(view, { type: "help", filter: "", scroll: 0 })),
    footer: 1000,
  },
];

function onBottle(context: Context, answer: (bottle: BottleRow) => true | string): true | string {
  const bottle = selectedBottle(context);
  return bottle === undefined ? "no bottle is selected" : answer(bottle);
}

function withBottle(context: Context, run: (bottle: BottleRow) => Step): Step {
  const bottle = selectedBottle(context);
  return bottle === undefined ? step(context.view) : run(bottle);
}

function runs({ state }: BottleRow): boolean {
  return RUNNING.has(state);
}

function stoppable(context: Context, bottle: BottleRow): true | string {
  const doing = context.view.working[bottle.slug];
  return doing === undefined ? possible(context, bottle) : `${bottle.slug}: ${doing} is under way`;
}

function openInbox(context: Context): Step {
  const { view, fleet, at } = context;
  const selected = (pendingItems(fleet, at)[0] ?? inboxItems(fleet, at)[0])?.proposal.id ?? null;
  const base = top(view)?.type === "crash-logs" ? pop(view) : view;
  return step(push(base, { type: "inbox", selected, offset: 0, scroll: 0 }));
}

function confirmStop(context: Context): Step {
  return withBottle(context, ({ slug, pending }) =>
    step(
      push(context.view, {
        type: "confirm",
        lines: [
          `Stop ${slug}?`,
          `Its agent is ended; home, logs and audit stay.${pending > 0 ? ` ${pending} waiting for you go unanswered.` : ""}`,
        ],
        safe: "Let it run",
        act: "Stop it",
        focus: "safe",
        effect: { type: "stop", slug },
      }),
    ),
  );
}
