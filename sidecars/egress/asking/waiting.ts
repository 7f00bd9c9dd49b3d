// Requests that wait for the operator, whatever they wait for: at most so many at a time, each as a proposal with a
// deadline, and each looked at again when the table changes.

import type { ProposalDraft } from "#domain/proposal/proposal.ts";
import type { QueueOf } from "#lib/store/queue-files.ts";
import type { QueueItem } from "#lib/store/read-queue.ts";
import { waitForDecision } from "#lib/store/wait-for-decision.ts";

import { ClientLeft, openHeldProposals } from "./held-proposals.ts";
import { TooManyAsked } from "./limits.ts";

export interface Question {
  readonly draft: (now: Date) => ProposalDraft;
  readonly seconds: number;
  /** True once the table lets it through. */
  readonly released: () => boolean;
  readonly gone: AbortSignal;
}

export type WaitEnd =
  | { readonly end: "released" }
  | { readonly end: "gone" }
  | { readonly end: "too-many"; readonly reason: string }
  /** The operator could not be asked; why was told as a problem. */
  | { readonly end: "not-asked" }
  /** `item` is null when the time is over. */
  | { readonly end: "answered"; readonly proposal: string; readonly item: QueueItem | null };

export interface Waiting {
  /** Resolves within the question's `seconds`; never rejects. */
  wait(question: Question): Promise<WaitEnd>;
  /** Looks at every waiting request again: the table changed. */
  recheck(): void;
}

const MOST_HELD = 32;

export function openWaiting(of: QueueOf, problem: (message: string) => void): Waiting {
  const held = new Set<() => void>();
  const proposals = openHeldProposals(of, problem);

  const ask = async ({ draft, seconds, released, gone }: Question, end: AbortSignal): Promise<WaitEnd> => {
    const now = new Date();
    const { id, leave } = await proposals.join(draft(now), now, gone);
    try {
      const item = await waitForDecision(of, id, { timeoutMs: seconds * 1000, signal: end });
      if (gone.aborted) return { end: "gone" };
      return released() ? { end: "released" } : { end: "answered", proposal: id, item };
    } finally {
      leave(gone.aborted);
    }
  };
  return {
    async wait(question) {
      if (held.size >= MOST_HELD)
        return { end: "too-many", reason: `${MOST_HELD} requests wait for the operator already` };
      const release = new AbortController();
      const look = (): void => {
        if (question.released()) release.abort();
      };
      held.add(look);
      look(); // the table may have changed since the request was judged
      try {
        return await ask(question, AbortSignal.any([release.signal, question.gone]));
      } catch (error) {
        if (error instanceof ClientLeft) return { end: "gone" };
        if (error instanceof TooManyAsked) return { end: "too-many", reason: error.message };
        problem(`a request could not be held: ${error instanceof Error ? error.message : String(error)}`);
        return { end: "not-asked" };
      } finally {
        held.delete(look);
      }
    },
    recheck() {
      for (const look of held) look();
    },
  };
}
