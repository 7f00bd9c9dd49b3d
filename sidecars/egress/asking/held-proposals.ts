// Held requests as proposals, and who waits for which. One for which nobody waits any more leaves the inbox: a proposal is
// never rewritten, so it is archived unanswered, a little later, for the operator may be answering and clients try again.

import type { ProposalDraft } from "#domain/proposal/proposal.ts";
import { archiveSettled } from "#lib/store/archive-settled.ts";
import { withdraw } from "#lib/store/archive.ts";
import { createProposal } from "#lib/store/create-proposal.ts";
import type { QueueOf } from "#lib/store/queue-files.ts";

import { type Load, openAskingLimits } from "./limits.ts";

export class ClientLeft extends Error {
  override readonly name = "ClientLeft";
}

export interface HeldProposals {
  /**
   * Makes the proposal, or joins the pending one that asks for the same. `leave` when the wait is over; `gone` when it is
   * because the client left. Throws ClientLeft when it left before, and TooManyAsked.
   */
  join(draft: ProposalDraft, now: Date, gone: AbortSignal): Promise<{ id: string; leave: (gone: boolean) => void }>;
}

/** After the last client left: an approval in this time counts for its next attempt. */
const LINGER_MS = 10_000;
const TIDY_EVERY_MS = 60_000;

export function openHeldProposals(of: QueueOf, problem: (message: string) => void): HeldProposals {
  const limits = openAskingLimits();
  const waiting = new Map<string, number>();
  let tidied = -TIDY_EVERY_MS;

  const leave = (id: string, gone: boolean): void => {
    const rest = (waiting.get(id) ?? 1) - 1;
    if (rest > 0) return void waiting.set(id, rest);
    waiting.delete(id);
    if (!gone) return; // it is decided, or past its deadline
    setTimeout(() => {
      if (waiting.has(id)) return;
      withdraw(of, id).catch((error: Error) => problem(`${id} stays in the inbox: ${error.message}`));
    }, LINGER_MS).unref();
  };
  /** What ran out without an answer is archived by whoever asks next: nothing polls. */
  const tidy = (): void => {
    if (performance.now() - tidied < TIDY_EVERY_MS) return;
    tidied = performance.now();
    archiveSettled(of, new Date()).catch((error: Error) => problem(`the queue cannot be tidied: ${error.message}`));
  };
  return {
    async join(draft, now, gone) {
      const admit = (load: Load): void => {
        if (gone.aborted) throw new ClientLeft();
        limits.admitHeld(load, now);
      };
      const { proposal, folded } = await createProposal(of, draft, now, { admit });
      if (!folded) tidy();
      const { id } = proposal;
      waiting.set(id, (waiting.get(id) ?? 0) + 1);
      return { id, leave: (left) => leave(id, left) };
    },
  };
}
