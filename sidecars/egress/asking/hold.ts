// Held requests: the client waits while the operator is asked. An approval lets the request go on as soon as the table
// shows its route; a rejection or the time limit ends it with 403.

import type { ProposalDraft } from "#domain/proposal/proposal.ts";
import type { QueueOf } from "#lib/store/queue-files.ts";
import type { QueueItem } from "#lib/store/read-queue.ts";
import { waitForDecision } from "#lib/store/wait-for-decision.ts";

import type { Verdict } from "../policy/decide.ts";
import type { Destination } from "../policy/parse-request.ts";
import type { Refusal } from "../policy/refusal.ts";
import { ClientLeft, type HeldProposals, openHeldProposals } from "./held-proposals.ts";
import { TooManyAsked } from "./limits.ts";

export type HoldVerdict = Extract<Verdict, { verdict: "hold" }>;

/** `gone`: the client left. */
export type HoldEnd =
  | { readonly end: "allowed" }
  | { readonly end: "refused"; readonly refusal: Refusal; readonly proposal?: string }
  | { readonly end: "gone" };

export interface Holds {
  /** `decide` gives the verdict of this moment. Resolves within `seconds`. */
  hold(
    request: Destination,
    first: HoldVerdict,
    decide: () => Verdict,
    seconds: number,
    gone: AbortSignal,
  ): Promise<HoldEnd>;
  /** Looks at every held request again: the table changed. */
  recheck(): void;
}

const MOST_HELD = 32;

export function openHolds(of: QueueOf, problem: (message: string) => void): Holds {
  const held = new Set<() => void>();
  const proposals = openHeldProposals(of, problem);
  return {
    async hold(request, first, decide, seconds, gone) {
      if (held.size >= MOST_HELD)
        return { end: "refused", refusal: tooMany(first, `${MOST_HELD} requests wait for the operator already`) };
      const released = new AbortController();
      const look = (): void => {
        if (decide().verdict === "allow") released.abort();
      };
      held.add(look);
      look(); // the table may have changed since the first verdict
      try {
        const end = AbortSignal.any([released.signal, gone]);
        return await ask({ of, proposals, request, first, decide, seconds, end, gone });
      } catch (error) {
        return notAsked(first, error, problem);
      } finally {
        held.delete(look);
      }
    },
    recheck() {
      for (const look of held) look();
    },
  };
}

interface Question {
  readonly of: QueueOf;
  readonly proposals: HeldProposals;
  readonly request: Destination;
  readonly first: HoldVerdict;
  readonly decide: () => Verdict;
  readonly seconds: number;
  /** Aborts when there is nothing to wait for: the table allows it now, or the client is `gone`. */
  readonly end: AbortSignal;
  readonly gone: AbortSignal;
}

async function ask({ of, proposals, request, first, decide, seconds, end, gone }: Question): Promise<HoldEnd> {
  const { suggestion } = first.refusal;
  if (suggestion === undefined) return { end: "refused", refusal: first.refusal };
  const now = new Date();
  const { id, leave } = await proposals.join(draft(request, suggestion, first, now, seconds), now, gone);
  try {
    const item = await waitForDecision(of, id, { timeoutMs: seconds * 1000, signal: end });
    if (gone.aborted) return { end: "gone" };
    const verdict = decide();
    if (verdict.verdict === "allow") return { end: "allowed" };
    return { end: "refused", refusal: answer(item, verdict, seconds), proposal: id };
  } finally {
    leave(gone.aborted);
  }
}

function notAsked(first: HoldVerdict, error: unknown, problem: (message: string) => void): HoldEnd {
  if (error instanceof ClientLeft) return { end: "gone" };
  if (error instanceof TooManyAsked) return { end: "refused", refusal: tooMany(first, error.message) };
  problem(`a request could not be held: ${error instanceof Error ? error.message : String(error)}`);
  return { end: "refused", refusal: { ...first.refusal, reason: `${first.reason}; the operator could not be asked` } };
}

function draft(
  request: Destination,
  suggestion: NonNullable<Refusal["suggestion"]>,
  first: HoldVerdict,
  now: Date,
  seconds: number,
): ProposalDraft {
  const at = now.toISOString();
  return {
    kind: "egress-block" as const,
    payload: {
      ...suggestion,
      method: request.method,
      path: request.path.slice(0, 8192),
      count: 1,
      first_seen: at,
      last_seen: at,
    },
    justification: `Held by the egress proxy: ${first.reason}. The client waits.`,
    origin: "held-request" as const,
    deadline: new Date(now.getTime() + seconds * 1000).toISOString(),
  };
}

function answer(item: QueueItem | null, verdict: Exclude<Verdict, { verdict: "allow" }>, seconds: number): Refusal {
  const { refusal } = verdict;
  const decision = item?.decision;
  if (decision === undefined || decision === null) {
    return {
      ...refusal,
      code: "hold_timeout",
      rule: "hold",
      reason: `the operator did not answer within ${seconds} seconds`,
    };
  }
  if (decision.status === "rejected") {
    const notes = decision.notes.trim() === "" ? "" : `: ${decision.notes}`;
    const { suggestion: _asked, ...rest } = refusal; // asking for the same again is pointless
    return { ...rest, code: "rejected", rule: "the operator's decision", reason: `the operator rejected it${notes}` };
  }
  if (decision.applied?.ok === false) {
    return { ...refusal, reason: `the approval could not be applied: ${decision.applied.detail}` };
  }
  return { ...refusal, reason: `what the operator approved does not cover this request: ${verdict.reason}` };
}

function tooMany(first: HoldVerdict, reason: string): Refusal {
  return {
    ...first.refusal,
    status: 429,
    code: "too_many_held",
    rule: "hold",
    reason,
  };
}
