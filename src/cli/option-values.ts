// What options carry: counts, moments, assignments. Each says what it takes when it gets something else.

import { BottleError } from "#domain/bottle-error.ts";

/** A whole number from `least` on. */
export function parseCount(text: string, option: string, least = 0): number {
  const count = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (count >= least) return count;
  throw new BottleError("usage", `${option} is ${JSON.stringify(text)}`, {
    hint: `give a whole number from ${least} on`,
  });
}

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds of `90s`, `10m`, `2h`, `1d`, `1h30m`; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  if (!/^(?:\d{1,9}[smhd])+$/.test(text)) return undefined;
  return [...text.matchAll(/(\d+)([smhd])/g)].reduce(
    (sum, [, count, unit]) => sum + Number(count) * (UNITS[unit ?? ""] ?? 0),
    0,
  );
}

/** A moment: an ISO date, or a duration before (`direction` -1) or after (1) `now`. */
export function parseMoment(text: string, option: string, now: Date, direction: -1 | 1): Date {
  const duration = parseDuration(text);
  if (duration !== undefined) return new Date(now.getTime() + direction * duration);
  const date = new Date(text);
  if (/^\d{4}-\d{2}-\d{2}/.test(text) && !Number.isNaN(date.getTime())) return date;
  throw new BottleError("usage", `${option} is ${JSON.stringify(text)}`, {
    hint: "give a duration such as 10m, 2h or 1d, or a time such as 2030-01-31T12:00:00Z",
  });
}

/** `name=value`. */
export function parseAssignment(text: string, option: string): { name: string; value: string } {
  const at = text.indexOf("=");
  if (at > 0) return { name: text.slice(0, at).trim(), value: text.slice(at + 1) };
  throw new BottleError("usage", `${option} is ${JSON.stringify(text)}`, { hint: `write ${option} name=value` });
}
