// What an engine's refusal means.

import { statusOf } from "./engine/errors.ts";

/** There is no such container, or not any more. */
export function isGone(error: unknown): boolean {
  return statusOf(error) === 404;
}

/** The container does not run, or is in the way otherwise. */
export function isConflict(error: unknown): boolean {
  return statusOf(error) === 409;
}
