// Refusals of limits and budgets, each with the limit's name and when trying again may help.

import type { Refusal } from "../policy/refusal.ts";
import { restOfDay } from "./usage.ts";

/** `host` is missing where it is the bottle's budget. */
export function tooManyRequests(host: string | undefined, most: number, seconds: number): Refusal {
  const reason = `${ownerOf(host)} ${most} requests a minute, and as many were made; try again in ${seconds < 60 ? `${seconds} s` : "a minute"}`;
  return limited(host, "requests_per_minute", reason, seconds);
}

export function requestsUsedUp(most: number, now: number): Refusal {
  const reason = `${ownerOf(undefined)} ${most} requests a day (UTC), and as many were made today`;
  return limited(undefined, "requests_per_day", reason, secondsLeft(now));
}

export function bytesUsedUp(host: string | undefined, most: number, now: number): Refusal {
  const reason = `${ownerOf(host)} ${most} bytes a day (UTC), and they are used up`;
  return limited(host, "bytes_per_day", reason, secondsLeft(now));
}

/** Fail closed: what was used cannot be known, so nothing is known to be left. */
export function unknownUsage(host: string, problem: string, now: number): Refusal {
  const reason = `what was used today cannot be read, so nothing counts as left for ${host} until the day (UTC) is over or the operator removes the file: ${problem}`;
  return { status: 429, code: "limit_reached", rule: "usage unknown", reason, retryAfter: secondsLeft(now) };
}

export function bodyTooLarge(host: string, most: number): Refusal {
  const reason = `a request to ${host} may have a body of at most ${most} bytes`;
  return { status: 413, code: "body_too_large", rule: "limits.body_bytes", reason };
}

function limited(host: string | undefined, name: string, reason: string, retryAfter: number): Refusal {
  return host === undefined
    ? { status: 429, code: "budget_reached", rule: `budget.${name}`, reason, retryAfter }
    : { status: 429, code: "limit_reached", rule: `limits.${name}`, reason, retryAfter };
}

function ownerOf(host: string | undefined): string {
  return host === undefined ? "the bottle's budget is" : `the limit of the route to ${host} is`;
}

function secondsLeft(now: number): number {
  return Math.ceil(restOfDay(now) / 1000);
}
