// Does what a step of the view asks for, and reports back as intents. All failures become a line for the operator.

import type { Console, LaunchRequest } from "#contracts/console.ts";
import type { LaunchStep } from "#contracts/backend.ts";
import { plainLine } from "#domain/plain-text.ts";
import type { Decision, Undo } from "#domain/proposal/decision.ts";

import { requestKey } from "./actions/egress-row.ts";
import { findItem } from "./context.ts";
import { allow, deny, explain, removeRule, type Outcome } from "./egress-effects.ts";
import { messageOf } from "./message-of.ts";
import type { Store } from "./store.ts";
import type { Effect } from "./view.ts";

export interface EffectOptions {
  readonly console: Console;
  readonly startDemo: (progress: (step: LaunchStep) => void, signal: AbortSignal) => Promise<string>;
  readonly clock: () => number;
  readonly end: (code: number) => void;
  readonly sleep: () => void;
  readonly attach: (slug: string, store: Store) => Promise<void>;
  readonly edit: (id: string, digest: string, store: Store) => Promise<void>;
  readonly editTable: (slug: string, store: Store) => Promise<void>;
}

export class Effects {
  readonly #options: EffectOptions;
  #launching = new AbortController();

  constructor(options: EffectOptions) {
    this.#options = options;
  }

  run(effect: Effect, store: Store): void {
    const { console } = this.#options;
    switch (effect.type) {
      case "quit":
        return this.#options.end(0);
      case "interrupt":
        return this.#options.end(130);
      case "suspend":
        return this.#options.sleep();
      case "attach":
        return reporting(store, this.#options.attach(effect.slug, store));
      case "edit-in-editor":
        return reporting(store, this.#options.edit(effect.id, effect.digest, store));
      case "approve":
        return ending(store, effect.id, this.#approve(effect, store));
      case "reject":
        return ending(
          store,
          effect.id,
          console.reject(effect.id, { digest: effect.digest, reason: effect.reason }).then(decisionOutcome),
        );
      case "undo":
        return ending(store, effect.id, console.undo(effect.id, "").then(undoOutcome));
      case "stop":
        return ending(
          store,
          effect.slug,
          console.stop(effect.slug).then(() => ({ tone: "good", text: `${effect.slug} is stopped; its home stays` })),
        );
      case "load-agents":
        return reporting(
          store,
          console.agents().then((agents) => store.dispatch({ type: "agents", agents })),
        );
      case "load-dockerfile":
        return void readDockerfile(console, effect.slug, store);
      case "load-crash-logs":
        return reporting(
          store,
          console.crashLogs().then((files) => store.dispatch({ type: "crash-logs", files })),
        );
      case "find":
        return store.find(effect.text, effect.direction);
      case "explain":
        return reporting(store, explain(console, effect, store));
      case "allow":
        return ending(store, requestKey(effect.slug, effect.request), allow(console, effect));
      case "deny":
        return ending(store, requestKey(effect.slug, effect.request), deny(console, effect));
      case "remove-rule":
        return ending(store, effect.slug, removeRule(console, effect));
      case "edit-table":
        return reporting(store, this.#options.editTable(effect.slug, store));
      default:
        return this.#start(effect, store);
    }
  }

  #start(effect: Starting, store: Store): void {
    const { console, startDemo } = this.#options;
    switch (effect.type) {
      case "probe-backends":
        return reporting(
          store,
          console.probeBackends().then((backends) => store.dispatch({ type: "backends", backends })),
        );
      case "preflight":
        return void plan(console, effect.request, store);
      case "launch":
        return void this.#launch(store, (progress, signal) => console.launch(effect.plan, progress, signal));
      case "resume":
        return void this.#launch(store, (progress, signal) =>
          console.resume(effect.slug, progress, signal).then(() => effect.slug),
        );
      case "start-demo":
        return void this.#launch(store, startDemo);
      case "abort-progress":
        return this.#launching.abort();
    }
  }

  async #launch(store: Store, start: EffectOptions["startDemo"]): Promise<void> {
    this.#launching = new AbortController();
    const { signal } = this.#launching;
    try {
      const slug = await start((step) => store.dispatch({ type: "progress", step }), signal);
      store.dispatch({ type: "launched", slug });
    } catch (error) {
      if (signal.aborted) store.dispatch({ type: "notice", tone: "info", text: "cancelled; nothing is left running" });
      else store.dispatch({ type: "progress-failed", problem: messageOf(error) });
    }
  }

  async #approve({ id, digest, approval }: Extract<Effect, { type: "approve" }>, store: Store): Promise<Outcome> {
    const { console, clock } = this.#options;
    const slug = findItem(console.fleet(), id)?.proposal.bottle_slug ?? "";
    const progress = (step: LaunchStep): void => store.dispatch({ type: "building", id, slug, step });
    const { scope, expiresInMs, payload, notes } = approval;
    const options = {
      digest,
      scope,
      ...(expiresInMs === undefined ? {} : { expiresAt: new Date(clock() + expiresInMs).toISOString() }),
      ...(payload === undefined ? {} : { payload }),
      ...(notes === undefined ? {} : { notes }),
    };
    const decision = await console.approve(id, options, progress);
    return decisionOutcome(decision);
  }
}

type Starting = Extract<
  Effect,
  { type: "probe-backends" | "preflight" | "launch" | "resume" | "start-demo" | "abort-progress" }
>;

async function plan(console: Console, request: LaunchRequest, store: Store): Promise<void> {
  try {
    store.dispatch({ type: "planned", request, plan: await console.preflight(request) });
  } catch (error) {
    store.dispatch({ type: "plan-failed", request, problem: messageOf(error) });
  }
}

/** Where it cannot be read, all of a proposed file is shown as new. */
async function readDockerfile(console: Console, slug: string, store: Store): Promise<void> {
  const text = await console.dockerfile(slug).catch(() => undefined);
  store.dispatch({ type: "dockerfile", slug, text: text ?? null });
}

/** A failure is a line for the operator. */
function reporting(store: Store, work: Promise<void>): void {
  work.catch((error: unknown) => store.dispatch({ type: "notice", tone: "bad", text: messageOf(error) }));
}

/** Work on one proposal or bottle, which is marked until it ends. */
function ending(store: Store, about: string, work: Promise<Outcome>): void {
  void work
    .catch((error: unknown): Outcome => ({ tone: "bad", text: messageOf(error) }))
    .then((outcome) => store.dispatch({ type: "ended", about, ...outcome }));
}

function decisionOutcome({ status, applied }: Decision): Outcome {
  if (applied !== undefined)
    return { tone: applied.ok ? "good" : "bad", text: `${status}: ${plainLine(applied.detail)}` };
  // Nothing of a rejection is applied later.
  return status === "rejected"
    ? { tone: "good", text: status }
    : { tone: "info", text: `${status}; it is being applied` };
}

function undoOutcome({ applied, reopened_as }: Undo): Outcome {
  if (applied !== undefined && !applied.ok) return { tone: "bad", text: `undo failed: ${plainLine(applied.detail)}` };
  const detail = applied === undefined ? "" : `: ${plainLine(applied.detail)}`;
  return { tone: "good", text: reopened_as === undefined ? `undone${detail}` : "undone: it is asked again" };
}
