// Commands that go on until the operator interrupts them.

import type { CommandContext, ExitCode } from "./command.ts";

/** 130 when `stream` ended by an interruption, which is how it is meant to end: nothing is said. */
export async function streaming(context: CommandContext, stream: () => Promise<void>): Promise<ExitCode> {
  try {
    await stream();
  } catch (error) {
    if (!context.signal.aborted) throw error;
  }
  return context.signal.aborted ? 130 : 0;
}

export function interrupted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
