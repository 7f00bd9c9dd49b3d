// What of limits and budgets is used up: of each route and of the whole bottle, since the last minute and on this day (UTC).
// Pure: the time is given.

import * as z from "zod";

import { openRateWindow, type RateWindow } from "./rate-window.ts";

const count = z.int().nonnegative();
const day = z.string().regex(/^\d{4}-\d\d-\d\d$/);

/** `state/<slug>/egress/usage.json`. */
export const UsageFile = z.strictObject({
  version: z.literal(1),
  day,
  requests: count,
  bytes: count,
  /** Of the routes that limit them, by the route's key. */
  routes: z.record(z.string(), z.strictObject({ bytes: count })),
});
export type UsageFile = z.infer<typeof UsageFile>;

export interface Used {
  readonly minute: RateWindow;
  /** Today. */
  requests: number;
  bytes: number;
}

export interface Usage {
  /** The bottle's own, after a day that is over was put away. */
  bottle(now: number): Used;
  /** A route's. The same object for as long as the proxy runs; a day that is over is put away by `bottle`. */
  of(key: string): Used;
  day(): string;
  toFile(): UsageFile;
  restore(file: UsageFile, now: number): void;
}

const DAY_MS = 86_400_000;

export function openUsage(now: number): Usage {
  let today = Math.floor(now / DAY_MS);
  const bottle = unused();
  const routes = new Map<string, Used>();
  const dayText = (): string => new Date(today * DAY_MS).toISOString().slice(0, 10);

  const of = (key: string): Used => {
    const found = routes.get(key);
    if (found !== undefined) return found;
    const made = unused();
    routes.set(key, made);
    return made;
  };
  return {
    bottle(at) {
      const current = Math.floor(at / DAY_MS);
      if (current !== today) {
        today = current;
        for (const used of [bottle, ...routes.values()]) {
          used.requests = 0;
          used.bytes = 0;
        }
      }
      return bottle;
    },
    of,
    day: dayText,
    toFile: () => ({
      version: 1,
      day: dayText(),
      requests: bottle.requests,
      bytes: bottle.bytes,
      routes: Object.fromEntries(
        [...routes].filter(([, { bytes }]) => bytes > 0).map(([key, { bytes }]) => [key, { bytes }]),
      ),
    }),
    restore(file, at) {
      if (file.day !== new Date(at).toISOString().slice(0, 10)) return;
      bottle.requests += file.requests;
      bottle.bytes += file.bytes;
      for (const [key, { bytes }] of Object.entries(file.routes)) of(key).bytes += bytes;
    },
  };
}

/** Milliseconds until the day of UTC is over. */
export function restOfDay(now: number): number {
  return DAY_MS - (now % DAY_MS);
}

function unused(): Used {
  return { minute: openRateWindow(), requests: 0, bytes: 0 };
}
