// A launch as steps that are reported as they happen, and taken back in reverse when one fails.

import type { LaunchStep } from "#contracts/backend.ts";
import { BottleError } from "#domain/bottle-error.ts";

export interface Steps {
  /** Runs one step; an abort ends the wait for it. */
  run<Result>(step: string, work: () => Promise<Result>): Promise<Result>;
  /** To be done, last first, when the launch does not come to its end. */
  onFailure(step: string, undo: () => Promise<void> | void): void;
  output(step: string, text: string): void;
  /** Takes back everything. Never throws: each failure is reported with the bottle's name and the step. */
  takeBack(): Promise<void>;
}

export function launchSteps(slug: string, progress: (step: LaunchStep) => void, signal: AbortSignal): Steps {
  const undos: { step: string; undo: () => Promise<void> | void }[] = [];
  return {
    async run(step, work) {
      progress({ type: "step", step, state: "started" });
      try {
        const result = await untilAborted(work(), signal);
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
          progress({ type: "step", step: `taking back ${step} of ${slug}`, state: "failed", message: messageOf(error) });
        }
      }
    },
  };
}

async function untilAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  const aborted = Promise.withResolvers<never>();
  aborted.promise.catch(() => {}); // the work may be done first
  const abort = (): void => aborted.reject(new BottleError("failed", "was interrupted", { where: "launch", cause: signal.reason }));
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort);
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", abort);
    work.catch(() => {}); // given up on
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
