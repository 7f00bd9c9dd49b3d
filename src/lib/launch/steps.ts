// A launch as steps that are reported as they happen, and taken back in reverse when one fails.

import type { LaunchStep } from "#domain/launch/step.ts";
import { BottleError } from "#domain/bottle-error.ts";

export interface Steps {
  /** Runs one step to its end: `work` itself heeds an interruption. */
  run<Result>(step: string, work: () => Promise<Result>): Promise<Result>;
  /** To be done, last first, when the launch does not come to its end. */
  onFailure(step: string, undo: () => Promise<void> | void): void;
  output(step: string, text: string): void;
  /** Takes back everything. Never throws: each failure is reported with the bottle's name and the step. */
  takeBack(): Promise<void>;
}

export function launchSteps(slug: string, progress: (step: LaunchStep) => void): Steps {
  const undos: { step: string; undo: () => Promise<void> | void }[] = [];
  return {
    async run(step, work) {
      progress({ type: "step", step, state: "started" });
      try {
        const result = await work();
        progress({ type: "step", step, state: "done" });
        return result;
      } catch (error) {
        progress({ type: "step", step, state: "failed", message: messageOf(error) });
        throw error;
      }
    },
    onFailure: (step, undo) => void undos.push({ step, undo }),
    output: (step, text) => progress({ type: "output", step, text }),
    async takeBack() {
      for (const { step, undo } of undos.toReversed()) {
        try {
          await undo();
        } catch (error) {
          progress({
            type: "step",
            step: `taking back ${step} of ${slug}`,
            state: "failed",
            message: messageOf(error),
          });
        }
      }
    },
  };
}

/** Waits for `event` no longer than until `signal` aborts. */
export async function untilAborted<Result>(event: Promise<Result>, signal: AbortSignal): Promise<Result> {
  const aborted = Promise.withResolvers<never>();
  aborted.promise.catch(() => {}); // the event may come first
  const abort = (): void => aborted.reject(interruption(signal));
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort);
  try {
    return await Promise.race([event, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", abort);
    event.catch(() => {}); // given up on
  }
}

/** For work that looks from time to time. */
export function demandGoOn(signal: AbortSignal): void {
  if (signal.aborted) throw interruption(signal);
}

function interruption({ reason }: AbortSignal): BottleError {
  if (reason instanceof BottleError) return reason;
  const late = reason instanceof DOMException && reason.name === "TimeoutError";
  return new BottleError("failed", late ? "took too long" : "was interrupted", { where: "launch", cause: reason });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
