// From what happened to what is shown next, and to what must be done outside. Pure.

import { keepInSight } from "#components/layout.ts";

import { NO_CRASH_LOG } from "./actions/logs.ts";
import { inSight } from "./actions/navigate.ts";
import { beneath, paletteActions, placeOf, type Action, type Keymap } from "./actions.ts";
import { building, builtOver } from "./builds.ts";
import { askForDockerfiles, withDockerfile } from "./dockerfiles.ts";
import { findItem, inboxItems, layout, visibleBottles, type Context } from "./context.ts";
import type { Intent } from "./intent.ts";
import { inViewNow } from "./in-view.ts";
import { isTyping } from "./keys.ts";
import { advance } from "./progress.ts";
import { notify, pop, push, replaceTop, step, textField, top, type Layer, type Step, type View } from "./view.ts";

export type { Intent };

export function reduce(context: Context, intent: Intent, keymap: Keymap): Step {
  const next = react(context, intent, keymap);
  const settled = settle({ ...context, view: next.view }, context.view.selected);
  const { view, effects } = askForDockerfiles(settled, context.fleet);
  return { view, effects: effects.length === 0 ? next.effects : [...next.effects, ...effects] };
}

function react(context: Context, intent: Intent, keymap: Keymap): Step {
  const { view } = context;
  switch (intent.type) {
    case "key":
      return pressed({ ...context, view: typing(context, intent.name) }, intent.name, keymap);
    case "text":
      return step(typed(typing(context, "text"), intent.value));
    case "fleet-changed":
    case "tick":
      return step(view);
    case "resize":
      return step({ ...view, size: intent.size });
    case "notice":
      return step(notify(view, intent.tone, intent.text));
    case "ended": {
      const { [intent.about]: _done, ...working } = view.working;
      const problem = intent.tone === "bad" ? intent.text : undefined;
      const over = builtOver({ ...view, working }, intent.about, problem);
      return explainedAnew(notify(over, intent.tone, intent.text));
    }
    case "building":
      return step(building(view, intent.id, intent.slug, intent.step));
    case "dockerfile":
      return step(withDockerfile(view, intent.slug, intent.text));
    case "open":
      return step(push(view, intent.layer));
    case "found":
      return step(found(context, intent.seq, intent.below));
    default:
      return step(loaded(view, intent));
  }
}

/** What was decided may have changed what the proxy would do with the request that is open. */
function explainedAnew(view: View): Step {
  const layer = view.stack.findLast(({ type }) => type === "request");
  if (layer?.type !== "request") return step(view);
  return step(view, { type: "explain", slug: layer.slug, request: layer.request });
}

function typing({ view, at }: Context, key: string): View {
  const before = view.typing;
  const otherAt = before === null ? -Infinity : before.key === key ? before.otherAt : before.at;
  return { ...view, typing: { key, at, otherAt } };
}

function pressed(context: Context, name: string, keymap: Keymap): Step {
  const { view } = context;
  if (textField(view) !== undefined && isTyping(name)) return step(view);
  const action = keymap.find(placeOf(view), name);
  // A key without a meaning there is typed text: what follows it must not choose a scope.
  if (action === undefined) return step(top(view)?.type === "scope" ? pop(view) : view);
  if (action.id === "palette-run") return runFromPalette(context, keymap);
  return run(action, { ...context, view: { ...view, notice: null } });
}

function run(action: Action, context: Context): Step {
  const state = action.enabled(context);
  return state === true ? action.run(context) : step(notify(context.view, "info", `${action.title}: ${state}`));
}

function runFromPalette(context: Context, keymap: Keymap): Step {
  const layer = top(context.view);
  if (layer?.type !== "palette") return step(context.view);
  const chosen = paletteActions(keymap, context, layer.filter)[layer.index];
  if (chosen === undefined) return step(context.view);
  // What is chosen by name is no typed text.
  const under = beneath(context);
  return run(chosen.action, { ...under, view: { ...under.view, typing: null } });
}

function typed(view: View, value: string): View {
  const layer = top(view);
  switch (layer?.type) {
    case "help":
      return replaceTop(view, { ...layer, filter: value, scroll: 0 });
    case "palette":
    case "picker":
      return replaceTop(view, { ...layer, filter: value, index: 0 });
    case "prompt": {
      const next = replaceTop(view, { ...layer, text: value });
      if (layer.what === "filter") return { ...next, filter: value, listOffset: 0 };
      if (layer.what === "requests") return { ...next, egress: { ...view.egress, filter: value } };
      if (layer.what === "search-requests") return { ...next, egress: { ...view.egress, search: value } };
      return { ...next, logs: { ...view.logs, search: value, match: null } };
    }
    case "form": {
      const field = layer.fields[layer.index];
      if (field === undefined) return view;
      return replaceTop(view, { ...layer, fields: layer.fields.with(layer.index, { ...field, value }), error: null });
    }
    default:
      return view;
  }
}

type Loaded = Extract<
  Intent,
  {
    type:
      | "agents"
      | "backends"
      | "planned"
      | "plan-failed"
      | "progress"
      | "launched"
      | "progress-failed"
      | "crash-logs"
      | "explained";
  }
>;

/** Answers go to the layer that asked for them; when it was left meanwhile, they are dropped. */
function loaded(view: View, intent: Loaded): View {
  switch (intent.type) {
    case "agents":
      return change(view, "picker", (layer) => ({ ...layer, agents: intent.agents }));
    case "backends":
      return change(view, "backends", (layer) => ({
        ...layer,
        backends: intent.backends,
        index: Math.max(
          0,
          intent.backends.findIndex(({ name }) => name === layer.request.backend),
        ),
      }));
    case "planned":
      return change(view, "preflight", (layer) =>
        layer.request === intent.request ? { ...layer, plan: intent.plan, problem: null } : layer,
      );
    case "plan-failed":
      return change(view, "preflight", (layer) =>
        layer.request === intent.request ? { ...layer, problem: intent.problem } : layer,
      );
    case "progress":
      return change(view, "progress", (layer) => advance(layer, intent.step));
    case "progress-failed":
      return change(view, "progress", (layer) => ({ ...layer, failed: intent.problem }));
    case "explained":
      return change(view, "request", (layer) =>
        layer.request === intent.request ? { ...layer, verdict: intent.verdict } : layer,
      );
    case "crash-logs": {
      const next = change(view, "crash-logs", (layer) => ({ ...layer, files: intent.files }));
      const outdated = intent.files.length > 0 && view.notice?.text.endsWith(NO_CRASH_LOG) === true;
      return outdated ? { ...next, notice: null } : next;
    }
    case "launched": {
      const stack = view.stack.filter(({ type }) => type !== "progress");
      return notify(
        { ...view, stack, selected: intent.slug, filter: "", tab: "screen", scroll: 0 },
        "good",
        `${intent.slug} runs`,
      );
    }
  }
}

function change<T extends Layer["type"]>(
  view: View,
  type: T,
  update: (layer: Extract<Layer, { type: T }>) => Layer,
): View {
  const index = view.stack.findLastIndex((layer) => layer.type === type);
  const layer = view.stack[index];
  return layer === undefined
    ? view
    : { ...view, stack: view.stack.with(index, update(layer as Extract<Layer, { type: T }>)) };
}

function found({ view, logs }: Context, seq: number | null, below: number): View {
  if (seq === null)
    return notify(
      view,
      "info",
      view.logs.search === "" ? "nothing to search for" : `no further match of “${view.logs.search}”`,
    );
  const bottom = Math.min(logs.last, seq + below);
  return { ...view, logs: { ...view.logs, match: seq, pausedAt: bottom } };
}

/** What must hold whatever happened: something is selected where there is something, and the cursor is in sight. */
function settle(context: Context, before: string | null): View {
  let view = keepSelection(context);
  if (view.selected !== before) view = { ...view, egress: { ...view.egress, at: null, row: 0 } };
  view = keepLayers({ ...context, view });
  view = inSight(view, context);
  const inView = inViewNow({ ...context, view });
  return inView === view.inView ? view : { ...view, inView };
}

function keepSelection({ view, fleet }: Context): View {
  const bottles = visibleBottles(view, fleet);
  if (bottles.some(({ slug }) => slug === view.selected)) return view;
  const first = bottles[Math.min(view.listOffset, bottles.length - 1)]?.slug ?? null;
  // A bottle that is just being launched may be selected before the fleet shows it.
  if (view.selected !== null && fleet.bottles.length === 0) return view;
  return first === view.selected ? view : { ...view, selected: first, scroll: 0 };
}

function keepLayers({ view, fleet, at }: Context): View {
  const layer = top(view);
  if (layer?.type === "inbox" && findItem(fleet, layer.selected) === undefined) {
    const selected = inboxItems(fleet, at)[0]?.proposal.id ?? null;
    return selected === layer.selected ? view : replaceTop(view, { ...layer, selected, offset: 0, scroll: 0 });
  }
  if (layer?.type === "inbox") {
    // What is urgent goes on top, and pushes down what is under the cursor.
    const items = inboxItems(fleet, at);
    const index = items.findIndex(({ proposal }) => proposal.id === layer.selected);
    const height = layout({ view, fleet, at }).inboxList.height - 2;
    const offset = keepInSight(layer.offset, index, height, items.length);
    return offset === layer.offset ? view : replaceTop(view, { ...layer, offset });
  }
  if (layer?.type === "proposal" && findItem(fleet, layer.id) === undefined) {
    return notify(pop(view), "info", "the proposal was archived");
  }
  return view;
}
