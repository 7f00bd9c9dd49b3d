// How much the proxy puts before the operator of one bottle: an agent that tries a thousand hosts must not bury its
// operator under them, nor fill the disk.

import type { CreateOptions } from "#lib/store/create-proposal.ts";

export type Load = Parameters<NonNullable<CreateOptions["admit"]>>[0];

export const MOST_PENDING = 20;
const MOST_HELD_A_MINUTE = 10;
const MINUTE_MS = 60_000;

/** The message is the reason that the client is given. */
export class TooManyAsked extends Error {
  override readonly name = "TooManyAsked";
}

export interface AskingLimits {
  /** Throws TooManyAsked. Not asked for a request that folds into a pending proposal. */
  admitHeld(load: Pick<Load, "pendingFrom">, now: Date): void;
}

export function openAskingLimits(): AskingLimits {
  let held: number[] = [];
  return {
    admitHeld(load, now) {
      admitPending(load);
      held = held.filter((at) => now.getTime() - at < MINUTE_MS);
      if (held.length >= MOST_HELD_A_MINUTE) {
        const seconds = Math.ceil(((held[0] ?? 0) + MINUTE_MS - now.getTime()) / 1000);
        throw new TooManyAsked(
          `${MOST_HELD_A_MINUTE} new requests were put before the operator within a minute: try again in ${seconds} s`,
        );
      }
      held.push(now.getTime());
    },
  };
}

/** Throws TooManyAsked. For blocked requests as well: all that the proxy itself asks counts together. */
export function admitPending({ pendingFrom }: Pick<Load, "pendingFrom">): void {
  const pending = pendingFrom("blocked-request", "held-request");
  if (pending >= MOST_PENDING) {
    throw new TooManyAsked(`${pending} refused and held requests wait for the operator already`);
  }
}
