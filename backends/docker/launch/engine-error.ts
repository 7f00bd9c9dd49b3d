// What an engine says when it refuses something, as an error for people.

import { BottleError } from "#domain/bottle-error.ts";

import { statusOf } from "../engine/errors.ts";

/** For `.catch()`: throws what the engine said, with what it was about. */
export function engineError(where: string): (error: unknown) => never {
  return (error) => {
    throw asBottleError(error, where);
  };
}

export function asBottleError(error: unknown, where: string): BottleError {
  if (error instanceof BottleError) return error;
  return new BottleError(statusOf(error) === 404 ? "not-found" : "failed", textOf(error), { where, cause: error });
}

/** Gone already, or being removed by somebody else: what a removal wants. */
export function isGone(error: unknown): boolean {
  const status = statusOf(error);
  return status === 404 || (status === 409 && /already in progress/.test(String(error)));
}

/** dockerode writes `(HTTP code 404) no such container - …`. */
function textOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/^\(HTTP code \d+\) [^-]*- /, "").trim();
}
