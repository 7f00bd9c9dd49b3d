// The crash logs that there are, newest first.

import type { CrashLog } from "#contracts/console.ts";

import type { Paint } from "./paint.ts";
import { relativeTime } from "./relative-time.ts";
import { table } from "./table.ts";

export function crashLogTable(logs: readonly CrashLog[], now: Date, paint: Paint): string {
  if (logs.length === 0) return "nothing has crashed";
  return table(
    ["OF", "WRITTEN", "BYTES", "FILE"],
    logs.map((log) => [{ text: log.of, ink: "bold" }, relativeTime(log.modified, now), String(log.bytes), log.path]),
    paint,
  );
}
