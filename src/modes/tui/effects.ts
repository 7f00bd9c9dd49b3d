// Does what a step of the view asks for, and reports back as intents. All failures become a line for the operator.

import type { Console } from "#contracts/console.ts";
import type { LaunchStep } from "#contracts/backend.ts";
import { plainLine } from "#domain/plain-text.ts";
import type { Decision, Undo } from "#domain/proposal/decision.ts";

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
}

export function createEffects(options: EffectOptions): (effect: Effect, store: Store) => void {
  let launching = new AbortController();

  const launch = async (store: Store, start: (progress: (step: LaunchStep) => void, signal: AbortSignal) => Promise<string>): Promise<void> => {
    launching = new AbortController();
    const { signal } = launching;
    try {
      const slug = await start((step) => store.dispatch({ type: "progress", step }), signal);
      store.dispatch({ type: "launched", slug });
    } catch (error) {
      if (signal.aborted) store.dispatch({ type: "notice", tone: "info", text: "cancelled; nothing is left running" });
      else store.dispatch({ type: "progress-failed", problem: messageOf(error) });
    }
  };

  return (effect, store) => {
    const { console, clock } = options;
    const failing = (work: Promise<void>): void => {
      work.catch((error: unknown) => store.dispatch({ type: "notice", tone: "bad", text: messageOf(error) }));
    };
    /** Work on one proposal or bottle, which is marked until it ends. */
    const ending = (about: string, work: Promise<Outcome>): void => {
      work
        .catch((error: unknown): Outcome => ({ tone: "bad", text: messageOf(error) }))
        .then((outcome) => store.dispatch({ type: "ended", about, ...outcome }), crashLater);
    };

    switch (effect.type) {
      case "quit":
        return options.end(0);
      case "interrupt":
        return options.end(130);
      case "suspend":
        return options.sleep();
      case "attach":
        return failing(options.attach(effect.slug, store));
      case "edit-in-editor":
        return failing(options.edit(effect.id, effect.digest, store));
      case "approve": {
        const { scope, expiresInMs, payload, notes } = effect.approval;
        const expiresAt = expiresInMs === undefined ? {} : { expiresAt: new Date(clock() + expiresInMs).toISOString() };
        const rest = { ...expiresAt, ...(payload === undefined ? {} : { payload }), ...(notes === undefined ? {} : { notes }) };
        return ending(effect.id, console.approve(effect.id, { digest: effect.digest, scope, ...rest }).then(decisionOutcome));
      }
      case "reject":
        return ending(effect.id, console.reject(effect.id, { digest: effect.digest, reason: effect.reason }).then(decisionOutcome));
      case "undo":
        return ending(effect.id, console.undo(effect.id, "").then(undoOutcome));
      case "stop":
        return ending(effect.slug, console.stop(effect.slug).then(() => ({ tone: "good", text: `${effect.slug} is stopped; its home stays` })));
      case "load-agents":
        return failing(console.agents().then((agents) => store.dispatch({ type: "agents", agents })));
      case "preflight": {
        const { request } = effect;
        console.preflight(request).then(
          (plan) => store.dispatch({ type: "planned", request, plan }),
          (error: unknown) => store.dispatch({ type: "plan-failed", request, problem: messageOf(error) }),
        );
        return;
      }
      case "launch":
        return void launch(store, (progress, signal) => console.launch(effect.plan, progress, signal));
      case "resume":
        return void launch(store, (progress, signal) => console.resume(effect.slug, progress, signal).then(() => effect.slug));
      case "start-demo":
        return void launch(store, options.startDemo);
      case "abort-progress":
        return launching.abort();
      case "load-crash-logs":
        return failing(console.crashLogs().then((files) => store.dispatch({ type: "crash-logs", files })));
      case "find":
        return store.find(effect.text, effect.direction);
    }
  };
}

interface Outcome {
  readonly tone: "good" | "bad" | "info";
  readonly text: string;
}

function decisionOutcome({ status, applied }: Decision): Outcome {
  if (applied === undefined) return { tone: "info", text: `${status}; it is being applied` };
  return { tone: applied.ok ? "good" : "bad", text: `${status}: ${plainLine(applied.detail)}` };
}

function undoOutcome({ applied, reopened_as }: Undo): Outcome {
  if (applied !== undefined && !applied.ok) return { tone: "bad", text: `undo failed: ${plainLine(applied.detail)}` };
  const detail = applied === undefined ? "" : `: ${plainLine(applied.detail)}`;
  return { tone: "good", text: reopened_as === undefined ? `undone${detail}` : "undone: it is asked again" };
}

export function messageOf(error: unknown): string {
  return plainLine(error instanceof Error ? error.message : String(error));
}

/** A failure of the dashboard's own code is a crash, not a message. */
function crashLater(error: unknown): void {
  setImmediate(() => {
    throw error;
  });
}
