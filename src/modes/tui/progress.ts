// A launch or a resume while it goes on, as its steps report it.

import type { LaunchStep } from "#contracts/backend.ts";
import { plainLine, plainLines } from "#domain/plain-text.ts";

import type { ProgressLayer } from "./view.ts";

const OUTPUT_LINES = 500;

export function emptyProgress(title: string): ProgressLayer {
  return { type: "progress", title, steps: [], output: [], showOutput: false, failed: undefined };
}

/** A launch, a resume or a rebuild with what it reported. */
export function advance<T extends Pick<ProgressLayer, "steps" | "output">>(layer: T, next: LaunchStep): T {
  if (next.type === "output") {
    const lines = plainLines(next.text.replace(/\r?\n$/, ""));
    return { ...layer, output: [...layer.output, ...lines].slice(-OUTPUT_LINES) };
  }
  const entry = {
    step: plainLine(next.step),
    state: next.state,
    ...(next.state === "failed" ? { message: plainLine(next.message) } : {}),
  };
  const index = layer.steps.findIndex(({ step }) => step === entry.step);
  return { ...layer, steps: index === -1 ? [...layer.steps, entry] : layer.steps.with(index, entry) };
}
