// What a clean-up removes or removed, and what it keeps and why.

import type { CleanupItem } from "#contracts/console.ts";
import { plainLine } from "#domain/plain-text.ts";

import type { Paint } from "./paint.ts";
import { table } from "./table.ts";

export function cleanupTable(items: readonly CleanupItem[], verb: "remove" | "removed", paint: Paint): string {
  if (items.length === 0) return "there is nothing to clean up";
  return table(
    ["SLUG", "", "WHAT"],
    items.map((item) => [
      { text: item.slug, ink: "bold" },
      item.remove ? { text: verb, ink: "red" } : { text: verb === "remove" ? "keep" : "kept", ink: "green" },
      plainLine(item.detail),
    ]),
    paint,
  );
}
