// The table for people and the JSON for machines.

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { Result } from "./reading.ts";

const folder = join(import.meta.dirname, "results");

export function table(results: readonly Result[]): string {
  const rows = results.map(({ id, value, unit, ratio, budget, pass, note }) => [
    id,
    value === null ? "-" : `${value.toLocaleString("en")} ${unit}`,
    ratio === null ? "" : `${ratio.toFixed(2)} ×`,
    budget,
    pass === null ? "not measured" : pass ? "ok" : "MISSED",
    note ?? "",
  ]);
  const all = [["id", "value", "ratio", "budget", "", ""], ...rows];
  const widths = all[0]!.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** Returns the path. */
export async function keepResults(results: readonly Result[]): Promise<string> {
  const path = join(folder, "latest.json");
  await mkdir(folder, { recursive: true });
  await writeFile(path, `${JSON.stringify(results, null, 2)}\n`);
  return path;
}
