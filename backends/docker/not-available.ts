// Why a daemon cannot hold bottles, from the error that said so.

import type { Probe } from "#contracts/backend.ts";
import { BottleError } from "#domain/bottle-error.ts";

export function notAvailable(error: unknown): Probe {
  if (!(error instanceof BottleError)) return { available: false, why: String(error), hint: "see the message" };
  return { available: false, why: whatOf(error), hint: error.hint ?? "see `docker info`" };
}

/** The message without the place and the hint, which stand beside it. */
function whatOf({ message, where, hint }: BottleError): string {
  const start = where === undefined ? 0 : where.length + 2;
  return message.slice(start, hint === undefined ? undefined : -(hint.length + 2));
}
