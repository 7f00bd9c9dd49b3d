// What a measurement hands back, and what becomes of it in the report.

import { budgets, type BenchId, type Budget } from "./budgets.ts";

export type Reading =
  | {
      readonly id: BenchId;
      readonly value: number;
      /** What the ratio is taken to, in the same unit. */
      readonly against?: number;
      readonly note?: string;
      /** Why it does not count as kept, whatever the figure. */
      readonly missed?: string;
    }
  | { readonly id: BenchId; readonly unmeasured: string };

export interface Result {
  readonly id: BenchId;
  readonly value: number | null;
  readonly unit: string;
  readonly ratio: number | null;
  readonly against: string | null;
  readonly budget: string;
  readonly pass: boolean | null;
  /** Why there is no value, or what else was seen. */
  readonly note?: string;
}

export function judge(reading: Reading): Result {
  const budget: Budget = budgets[reading.id];
  const told = { id: reading.id, unit: budget.unit, against: budget.against ?? null, budget: budgetText(budget) };
  if ("unmeasured" in reading) return { ...told, value: null, ratio: null, pass: null, note: reading.unmeasured };
  const { value, against, missed } = reading;
  const note = [reading.note, missed].filter((text) => text !== undefined).join("; ");
  const ratio = against === undefined ? null : value / against;
  const held = budget.bound === "ratio" ? ratio : value;
  const rest = note === "" ? {} : { note };
  return {
    ...told,
    value: rounded(value),
    ratio: ratio === null ? null : rounded(ratio),
    pass: held === null ? null : missed === undefined && keeps(held, budget),
    ...rest,
  };
}

function keeps(held: number, { limit }: Budget): boolean {
  return "atMost" in limit ? held <= limit.atMost : held >= limit.atLeast;
}

function budgetText({ bound, unit, against, limit }: Budget): string {
  const number =
    "atMost" in limit ? `≤ ${limit.atMost.toLocaleString("en")}` : `≥ ${limit.atLeast.toLocaleString("en")}`;
  return bound === "ratio" ? `${number} × ${against}` : `${number} ${unit}`;
}

function rounded(value: number): number {
  return Number(value.toPrecision(value >= 1000 ? 6 : 3));
}
