// The dashboard's one store, outside React: intents go in, frames come out, at most 30 a second.

import type { Console } from "#contracts/console.ts";

import type { Keymap } from "./actions.ts";
import { pendingItems, type Context } from "./context.ts";
import { followFile, type FileTail } from "./crash-tail.ts";
import { rememberWords } from "./proposal-words.ts";
import { reduce, type Intent } from "./reduce.ts";
import { sceneOf, type Scene } from "./scene.ts";
import { background, type Effect, type View } from "./view.ts";
import { watchBottle, type BottleWatch } from "./watch-bottle.ts";

const FRAME_MS = 33;
/** While the cursor runs down a long list, nobody's terminal is opened. */
const SETTLE_SELECTION_MS = 80;

export interface StoreOptions {
  readonly console: Console;
  readonly keymap: Keymap;
  readonly view: View;
  readonly color: boolean;
  readonly run: (effect: Effect, store: Store) => void;
  /** Milliseconds. */
  readonly clock: () => number;
}

export interface Store {
  dispatch(intent: Intent): void;
  scene(): Scene;
  view(): View;
  /** The ring of the bottle whose logs are open. */
  find(text: string, direction: "older" | "newer"): void;
  subscribe(changed: () => void): () => void;
  close(): void;
}

export function createStore(options: StoreOptions): Store {
  const { console, keymap, color, clock } = options;
  let view = options.view;
  let watch: BottleWatch | null = null;
  let tail: FileTail | null = null;
  let scene: Scene | undefined;
  let closed = false;
  const listeners = new Set<() => void>();
  const words = rememberWords(() => (watch?.egress.status === null || watch === null ? [] : [watch.egress.status.table]));

  const context = (): Context => ({
    view,
    fleet: console.fleet(),
    at: clock(),
    logs: { first: watch?.logs.first ?? 0, last: watch?.logs.last ?? -1 },
    scrollable: scene?.scrollable ?? 0,
    words: words(console.fleet()),
  });

  const build = (): Scene =>
    sceneOf({ context: context(), keymap, watch, color, crashTail: { lines: tail?.lines() ?? [], problem: tail?.problem() ?? null } });

  const frames = createFrames(() => {
    scene = build();
    for (const listener of listeners) listener();
    timers.plan();
  });

  const sources = (): void => {
    followSelection();
    const layer = background(view);
    const path = layer?.type === "crash-log" ? layer.path : undefined;
    if (path === tail?.path) return;
    tail?.close();
    tail = path === undefined ? null : followFile(path, () => frames.soon());
  };

  let settling: NodeJS.Timeout | undefined;
  let lastMove = 0;
  const followSelection = (): void => {
    if (watch?.slug === view.selected) {
      watch?.show(view.tab);
      return;
    }
    watch?.close();
    watch = null;
    clearTimeout(settling);
    if (view.selected === null) return;
    const wait = clock() - lastMove < 2 * SETTLE_SELECTION_MS ? SETTLE_SELECTION_MS : 0;
    lastMove = clock();
    settling = setTimeout(openSelected, wait);
  };
  const openSelected = (): void => {
    if (closed || view.selected === null || watch?.slug === view.selected) return;
    watch = watchBottle(console, view.selected, () => frames.soon());
    watch.show(view.tab);
    frames.soon();
  };

  let running = new Set<string>();
  const fleetChanged = (): void => {
    const fleet = console.fleet();
    const runs = new Set(fleet.bottles.filter(({ state }) => !ENDED.has(state)).map(({ slug }) => slug));
    const slug = watch?.slug ?? "";
    // Its terminal is another one since it was started again.
    if (watch !== null && runs.has(slug) && !running.has(slug) && watch.screen === null) {
      watch.close();
      watch = null;
    }
    running = runs;
    watch?.refresh(view.tab);
    dispatch({ type: "fleet-changed" }, false);
  };

  const timers = createTimers(() => ({ at: clock(), deadlines: deadlinesOf(console, clock()), bottles: console.fleet().bottles.length }), () => dispatch({ type: "tick" }, false));

  const dispatch = (intent: Intent, atOnce = true): void => {
    if (closed) return;
    const next = reduce(context(), intent, keymap);
    view = next.view;
    sources();
    if (atOnce) frames.now();
    else frames.soon();
    for (const effect of next.effects) options.run(effect, store);
  };

  const unsubscribe = console.subscribe(() => throttledFleet.soon());
  const throttledFleet = createFrames(fleetChanged);

  const store: Store = {
    dispatch: (intent) => dispatch(intent, intent.type !== "progress"),
    scene: () => (scene ??= build()),
    view: () => view,
    find(text, direction) {
      if (watch === null) return;
      const { logs } = watch;
      const { match, pausedAt } = view.logs;
      const from = match === null ? (pausedAt ?? logs.last) : match + (direction === "older" ? -1 : 1);
      const below = Math.floor(scene === undefined ? 0 : scene.props.layout.preview.height / 2);
      dispatch({ type: "found", seq: logs.find(text, wrapped(from, logs.first, logs.last), direction), below });
    },
    subscribe(changed) {
      listeners.add(changed);
      return () => listeners.delete(changed);
    },
    close() {
      closed = true;
      unsubscribe();
      frames.cancel();
      throttledFleet.cancel();
      timers.cancel();
      clearTimeout(settling);
      watch?.close();
      tail?.close();
    },
  };
  fleetChanged();
  return store;
}

const ENDED: ReadonlySet<string> = new Set(["exited", "crashed", "stopped", "lost"]);

function wrapped(seq: number, first: number, last: number): number {
  if (seq > last) return first;
  return seq < first ? last : seq;
}

function deadlinesOf(console: Console, at: number): number[] {
  return pendingItems(console.fleet(), at).flatMap(({ proposal }) => (proposal.deadline === undefined ? [] : [Date.parse(proposal.deadline)]));
}

/** Runs `draw` at once, or soon but at most once a frame. */
function createFrames(draw: () => void) {
  let timer: NodeJS.Timeout | undefined;
  let last = 0;
  const now = (): void => {
    clearTimeout(timer);
    timer = undefined;
    last = performance.now();
    draw();
  };
  return {
    now,
    soon: () => (timer ??= setTimeout(now, Math.max(0, FRAME_MS - (performance.now() - last)))),
    cancel: () => clearTimeout(timer),
  };
}

/** Wakes when a time that is shown changes: each minute, or each second while a held request runs out. */
function createTimers(state: () => { at: number; deadlines: number[]; bottles: number }, wake: () => void) {
  let timer: NodeJS.Timeout | undefined;
  return {
    plan() {
      clearTimeout(timer);
      const { at, deadlines, bottles } = state();
      if (bottles === 0 && deadlines.length === 0) return;
      const urgent = deadlines.some((deadline) => deadline - at < 121_000);
      const unit = urgent ? 1000 : 60_000;
      timer = setTimeout(wake, unit - (at % unit) + 5);
    },
    cancel: () => clearTimeout(timer),
  };
}
