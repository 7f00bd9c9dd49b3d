// What an agent may put before its operator: enough for work, too little to bury the operator under.

import { BottleError } from "#domain/bottle-error.ts";
import type { QueueItem } from "#lib/store/read-queue.ts";

const MOST_PENDING = 20;
const MOST_NEW_A_MINUTE = 10;
/** Calls that wait for an answer at the same time. */
export const MOST_WAITING = 32;
export const MOST_BODY_BYTES = 1_048_576;

const MINUTE_MS = 60_000;

interface Load {
  /** For whose answer somebody may still wait. */
  readonly pending: number;
  readonly created: readonly Date[];
}

/** What the agent asked by this way alone: requests that were refused or are held have a limit of their own, in the proxy. */
export function askedByAgent(items: readonly QueueItem[], now: Date): Load {
  const own = items.filter(({ proposal }) => proposal.origin === "mcp");
  const pending = own.filter(({ proposal: { deadline }, decision, undo }) => {
    return decision === null && undo === null && (deadline === undefined || new Date(deadline) > now);
  });
  return { pending: pending.length, created: own.map(({ proposal }) => new Date(proposal.created_at)) };
}

/** Throws `refused`, telling the agent to wait, when the queue takes no new proposal. A folded duplicate is never asked for. */
export function admit(load: Load, now: Date): void {
  if (load.pending >= MOST_PENDING) {
    throw new BottleError("refused", `${load.pending} proposals of yours wait for the operator already`, {
      hint: "wait until some are decided (proposal-status), then ask again",
    });
  }
  const recent = load.created.filter((created) => now.getTime() - created.getTime() < MINUTE_MS);
  if (recent.length < MOST_NEW_A_MINUTE) return;
  const oldest = Math.min(...recent.map((created) => created.getTime()));
  const seconds = Math.ceil((oldest + MINUTE_MS - now.getTime()) / 1000);
  throw new BottleError("refused", `${recent.length} proposals were made in the last minute`, {
    hint: `wait ${seconds} s, then ask again`,
  });
}
