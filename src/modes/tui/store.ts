// The dashboard's one store, outside React: intents go in, frames come out, at most 30 a second.

import type { Console } from "#contracts/console.ts";

import type { Keymap } from "./actions.ts";
import { pendingItems, type Context } from "./context.ts";
import { ExpiringCredentials, untilCredentialChanges } from "./expiring-credentials.ts";
import { followFile, type FileTail } from "./crash-tail.ts";
import { isAlarm } from "#domain/fleet/urgency.ts";
import { createFrames, untilTimeChanges, type Frames } from "./frames.ts";
import { rememberWords } from "./proposal-words.ts";
import { NO_TRAFFIC_YET } from "./traffic.ts";
import { reduce, type Intent } from "./reduce.ts";
import { sceneOf, type Scene } from "./scene.ts";
import { UnseenFindings } from "./unseen-findings.ts";
import { background, type Effect, type View } from "./view.ts";
import { BottleWatch } from "./watch-bottle.ts";

/** While the cursor runs down a long list, nobody's terminal is opened. */
const SETTLE_SELECTION_MS = 80;

export interface StoreOptions {
  readonly console: Console;
  readonly keymap: Keymap;
  readonly view: View;
  readonly color: boolean;
  /** Lines of a log that are kept. */
  readonly logLines: number;
  readonly run: (effect: Effect, store: Store) => void;
  /** Proposals that were not there before: of which bottles, and which of these sent their canary. */
  readonly arrived: (bottles: readonly string[], alarms: readonly string[]) => void;
  /** Bottles whose credential has just begun to expire soon. */
  readonly expiring: (bottles: readonly string[]) => void;
  /** Milliseconds. */
  readonly clock: () => number;
}

export class Store {
  readonly #options: StoreOptions;
  readonly #listeners = new Set<() => void>();
  readonly #frames: Frames = createFrames(() => this.#draw());
  readonly #fleetFrames: Frames = createFrames(() => this.#fleetChanged());
  readonly #words = rememberWords(() => {
    const table = this.#watch?.egress.status?.table;
    return table === undefined ? [] : [table];
  });
  readonly #unsubscribe: () => void;
  #view: View;
  #scene: Scene | undefined;
  #watch: BottleWatch | null = null;
  #tail: FileTail | null = null;
  #running: ReadonlySet<string> = new Set();
  #asked: ReadonlySet<string> | undefined;
  #settling: NodeJS.Timeout | undefined;
  #waking: NodeJS.Timeout | undefined;
  readonly #unseen = new UnseenFindings();
  readonly #expiring = new ExpiringCredentials();
  #moved = -Infinity;
  #closed = false;

  constructor(options: StoreOptions) {
    this.#options = options;
    this.#view = options.view;
    this.#fleetChanged();
    this.#unsubscribe = options.console.subscribe(() => this.#fleetFrames.soon());
  }

  /** The same object until something changed. */
  readonly scene = (): Scene => (this.#scene ??= this.#build());

  readonly subscribe = (changed: () => void): (() => void) => {
    this.#listeners.add(changed);
    return () => this.#listeners.delete(changed);
  };

  get view(): View {
    return this.#view;
  }

  dispatch(intent: Intent): void {
    this.#take(intent);
    if (intent.type === "ended") this.#watch?.egress.refresh("now"); // what was decided may be another table
    if (intent.type === "progress" || intent.type === "building") this.#frames.soon();
    else this.#frames.now();
  }

  /** Searches the logs that are open. */
  find(text: string, direction: "older" | "newer"): void {
    if (this.#watch === null) return;
    const { logs } = this.#watch;
    const { match, pausedAt } = this.#view.logs;
    const from = match === null ? (pausedAt ?? logs.last) : match + (direction === "older" ? -1 : 1);
    const seq = logs.find(text, from > logs.last ? logs.first : from < logs.first ? logs.last : from, direction);
    this.dispatch({ type: "found", seq, below: Math.floor(this.scene().props.layout.preview.height / 2) });
  }

  close(): void {
    this.#closed = true;
    this.#unsubscribe();
    this.#frames.cancel();
    this.#fleetFrames.cancel();
    clearTimeout(this.#waking);
    clearTimeout(this.#settling);
    this.#watch?.close();
    this.#tail?.close();
  }

  #take(intent: Intent): void {
    if (this.#closed) return;
    const next = reduce(this.#context(), intent, this.#options.keymap);
    this.#view = next.view;
    this.#followSelection();
    this.#followCrashLog();
    for (const effect of next.effects) this.#options.run(effect, this);
  }

  #context(): Context {
    const fleet = this.#options.console.fleet();
    return {
      view: this.#view,
      fleet,
      at: this.#options.clock(),
      logs: { first: this.#watch?.logs.first ?? 0, last: this.#watch?.logs.last ?? -1 },
      traffic: this.#watch?.slug === this.#view.selected ? (this.#watch?.egress ?? NO_TRAFFIC_YET) : NO_TRAFFIC_YET,
      scrollable: this.#scene?.scrollable ?? 0,
      words: this.#words(fleet, this.#view.dockerfiles),
      backends: this.#options.console.backends,
    };
  }

  #build(): Scene {
    const { keymap, color } = this.#options;
    const crashTail = { lines: this.#tail?.lines() ?? [], problem: this.#tail?.problem() ?? null };
    const context = this.#context();
    this.#unseen.count(context);
    return sceneOf({ context, keymap, watch: this.#watch, color, crashTail, unseen: this.#unseen.bySlug });
  }

  #draw(): void {
    if (this.#closed) return;
    this.#scene = this.#build();
    for (const listener of this.#listeners) listener();
    this.#noticeExpiry();
    this.#planWaking();
  }

  #noticeExpiry(): void {
    const { console, clock, expiring } = this.#options;
    const fresh = this.#expiring.fresh(console.fleet(), clock());
    if (fresh.length > 0) expiring(fresh);
  }

  #planWaking(): void {
    const { console, clock } = this.#options;
    const at = clock();
    const fleet = console.fleet();
    const deadlines = pendingItems(fleet, at).flatMap(({ proposal: { deadline } }) =>
      deadline === undefined ? [] : [Date.parse(deadline)],
    );
    const shown = untilTimeChanges(at, deadlines, fleet.bottles.length > 0);
    const wait = shown === undefined ? undefined : Math.min(shown, untilCredentialChanges(fleet, at));
    clearTimeout(this.#waking);
    if (wait !== undefined) this.#waking = setTimeout(() => this.dispatch({ type: "tick" }), wait + 5);
  }

  #fleetChanged(): void {
    if (this.#closed) return;
    this.#noticeRestart();
    this.#noticeArrivals();
    this.#watch?.refresh(this.#view.tab);
    if (background(this.#view)?.type === "crash-logs") this.#options.run({ type: "load-crash-logs" }, this);
    this.#take({ type: "fleet-changed" });
    this.#frames.soon();
  }

  /** A bottle whose agent has just been started has another terminal than before, or one at last. */
  #noticeRestart(): void {
    const running = new Set(
      this.#options.console
        .fleet()
        .bottles.filter(({ run }) => run?.phase === "running")
        .map(({ slug }) => slug),
    );
    const slug = this.#watch?.slug ?? "";
    if (running.has(slug) && !this.#running.has(slug)) {
      this.#watch?.close();
      this.#watch = null;
    }
    this.#running = running;
  }

  #noticeArrivals(): void {
    const { console, clock, arrived } = this.#options;
    const pending = pendingItems(console.fleet(), clock());
    const before = this.#asked;
    this.#asked = new Set(pending.map(({ proposal }) => proposal.id));
    const fresh = before === undefined ? [] : pending.filter(({ proposal }) => !before.has(proposal.id));
    const bottles = (items: typeof fresh): string[] => items.map(({ proposal }) => proposal.bottle_slug);
    if (fresh.length > 0) arrived(bottles(fresh), bottles(fresh.filter(({ proposal }) => isAlarm(proposal))));
  }

  #followSelection(): void {
    const { selected, tab } = this.#view;
    if (this.#watch?.slug === selected) return this.#watch?.show(tab);
    this.#watch?.close();
    this.#watch = null;
    clearTimeout(this.#settling);
    if (selected === null) return;
    const now = this.#options.clock();
    const wait = now - this.#moved < 2 * SETTLE_SELECTION_MS ? SETTLE_SELECTION_MS : 0;
    this.#moved = now;
    this.#settling = setTimeout(() => this.#openSelected(), wait);
  }

  #openSelected(): void {
    const { selected, tab } = this.#view;
    if (this.#closed || selected === null || this.#watch?.slug === selected) return;
    this.#watch = new BottleWatch(this.#options.console, selected, () => this.#frames.soon(), this.#options.logLines);
    this.#watch.show(tab);
    this.#frames.soon();
  }

  #followCrashLog(): void {
    const layer = background(this.#view);
    const path = layer?.type === "crash-log" ? layer.path : undefined;
    if (path === this.#tail?.path) return;
    this.#tail?.close();
    this.#tail = path === undefined ? null : followFile(path, () => this.#frames.soon());
  }
}
