// Limits over usage.json: read back at the start so that a restart does not begin the day anew, written at most once a second.

import type { RouteTable } from "#domain/egress/route.ts";
import { readChecked } from "#lib/store/read-checked.ts";

import { openStateFile } from "../state-file.ts";
import { createLimits, type Limits } from "./limits.ts";
import { openUsage, UsageFile } from "./usage.ts";

export interface StoredLimits extends Limits {
  /** Looks again at a file that could not be read: the operator may have mended or removed it. */
  reread(): Promise<void>;
  flush(): Promise<void>;
}

const WRITE_EVERY_MS = 1000;

/** Counts of the day in a file that cannot be read fail closed: a limit of the day counts as used up (unknownUsage). */
export async function openLimits(
  path: string,
  table: () => RouteTable,
  problem: (message: string) => void,
  now: () => number = Date.now,
): Promise<StoredLimits> {
  const usage = openUsage(now());
  let unreadable: { readonly reason: string; readonly day: string } | undefined;
  const read = async (): Promise<void> => {
    const stored = await readChecked(path, UsageFile);
    if (stored.state === "ok") usage.restore(stored.value, now());
    const reason = stored.state === "bad" ? `${path}: ${stored.message}` : undefined;
    if (reason !== undefined && reason !== unreadable?.reason)
      problem(`${reason}; limits of this day count as used up`);
    unreadable = reason === undefined ? undefined : { reason, day: usage.day() };
  };
  await read();
  /** A day that is over takes the file that nobody could read with it. */
  const unknown = (): string | undefined => {
    if (unreadable !== undefined && unreadable.day !== usage.day()) unreadable = undefined;
    return unreadable?.reason;
  };
  const file = openStateFile({
    path,
    everyMs: WRITE_EVERY_MS,
    state: () => (unknown() === undefined ? usage.toFile() : undefined),
    failed: (message) => problem(`what was used today is not written down: ${message}`),
  });
  const limits = createLimits({ table, usage, now, unknown, changed: () => file.changed(hasDayLimit(table())) });
  return {
    ...limits,
    async reread() {
      if (unknown() !== undefined) await read();
    },
    flush: () => file.flush(),
  };
}

const dayLimits = new WeakMap<RouteTable, boolean>();

/** Without one nothing is written until the proxy stops: a bottle without limits costs its disk nothing. */
function hasDayLimit(table: RouteTable): boolean {
  let known = dayLimits.get(table);
  if (known === undefined) {
    const { budget, routes } = table;
    known =
      budget?.bytes_per_day !== undefined ||
      budget?.requests_per_day !== undefined ||
      routes.some(({ limits }) => limits?.bytes_per_day !== undefined);
    dayLimits.set(table, known);
  }
  return known;
}
