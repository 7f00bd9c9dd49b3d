// What the doctor found: one line each, with what to do below it.

import type { DoctorItem } from "#contracts/console.ts";
import { plainLine } from "#domain/plain-text.ts";

import type { Ink, Paint } from "./paint.ts";

const INKS: Readonly<Record<DoctorItem["state"], Ink>> = { ok: "green", warning: "yellow", missing: "red" };
const WIDEST_STATE = 7;

export function doctorTable(items: readonly DoctorItem[], paint: Paint): string {
  const width = Math.max(0, ...items.map((item) => item.name.length));
  return items
    .flatMap((item) => [
      `${paint(INKS[item.state], item.state.padEnd(WIDEST_STATE))}  ${item.name.padEnd(width)}  ${plainLine(item.detail)}`,
      ...(item.hint === undefined ? [] : [`${" ".repeat(WIDEST_STATE + width + 4)}→ ${plainLine(item.hint)}`]),
    ])
    .join("\n");
}
