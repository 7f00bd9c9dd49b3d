// What an approved Dockerfile is doing: the steps of the rebuild, and the last lines that the build printed.

import { BOLD, CYAN, DIM, fit, GREEN, RED, row, span, type Row, type Span } from "./rows.ts";

export interface Build {
  readonly slug: string;
  readonly steps: readonly BuildStep[];
  /** The last lines, plain. */
  readonly output: readonly string[];
  /** It ended; kept for whoever wants to read why it failed. */
  readonly over: boolean;
}

export interface BuildStep {
  readonly step: string;
  readonly state: "started" | "done" | "failed";
  readonly message?: string;
}

const LAST_LINES = 8;

export function buildRows({ steps, output, over }: Build, width: number): Row[] {
  const failed = steps.some(({ state }) => state === "failed");
  if (over && !failed) return [];
  return [
    ...steps.flatMap(stepRows),
    ...output.slice(-LAST_LINES).map((line) => row(span(fit(`  ┊ ${line}`, width).trimEnd(), DIM))),
    [],
  ];
}

export function stepRows({ step, state, message }: BuildStep): Row[] {
  switch (state) {
    case "started":
      return [row(span("◌ ", { color: CYAN }), step, span(" …", DIM))];
    case "done":
      return [row(span("✓ ", { color: GREEN }), step)];
    case "failed":
      return [
        row(
          span("✗ ", { color: RED, bold: true }),
          step,
          span(message === undefined ? "" : `: ${message}`, { color: RED }),
        ),
      ];
  }
}

/** In one line, before the rule: the step that goes on, and what was printed last. */
export function buildSpans({ steps, output, over }: Build): Span[] {
  if (over) return [];
  const step = steps.findLast(({ state }) => state === "started")?.step ?? steps.at(-1)?.step ?? "starting";
  const line = output.at(-1) ?? "";
  return [
    span(`building: ${step}  `, { color: CYAN, bold: true }),
    ...(line === "" ? [] : [span(`${fit(line, 48).trimEnd()}  `, DIM)]),
  ];
}

/** For the row of the bottle. */
export function rebuildSpans(build: Build | undefined): Span[] {
  if (build === undefined || build.over) return [];
  const step = build.steps.findLast(({ state }) => state === "started")?.step;
  return [span(`  rebuilding${step === undefined ? "" : `: ${step}`}`, { ...BOLD, color: CYAN })];
}
