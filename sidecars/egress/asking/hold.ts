// Held requests: the client waits while the operator is asked. An approval lets the request go on as soon as the table
// shows its route; a rejection or the time limit ends it with 403.

import type { ProposalDraft } from "#domain/proposal/proposal.ts";
import type { QueueOf } from "#lib/store/queue-files.ts";
import type { QueueItem } from "#lib/store/read-queue.ts";

import type { Verdict } from "../policy/decide.ts";
import type { Destination } from "../policy/parse-request.ts";
import type { Refusal } from "../policy/refusal.ts";
import { type HeldFinding, holdFinding } from "./hold-finding.ts";
import { openWaiting, type Waiting } from "./waiting.ts";

/** As it may be shown: `first` and this have no secrets in them. */
export type HeldRequest = Pick<Destination, "method" | "path">;

export type HoldVerdict = Extract<Verdict, { verdict: "hold" }>;

/** `gone`: the client left. */
export type HoldEnd =
  | { readonly end: "allowed" }
  | { readonly end: "refused"; readonly refusal: Refusal; readonly proposal?: string }
  | { readonly end: "gone" };

export interface Holds {
  /** `decide` gives the verdict of this moment. Resolves within `seconds`. */
  hold(
    request: HeldRequest,
    first: HoldVerdict,
    decide: () => Verdict,
    seconds: number,
    gone: AbortSignal,
  ): Promise<HoldEnd>;
  /** The same for a secret in a request that is allowed; `allowed` is true once the table has the exception. */
  holdFinding(finding: HeldFinding, allowed: () => boolean, seconds: number, gone: AbortSignal): Promise<HoldEnd>;
  /** Looks at every held request again: the table changed. */
  recheck(): void;
}

export function openHolds(of: QueueOf, problem: (message: string) => void): Holds {
  const waiting = openWaiting(of, problem);
  return {
    hold: (...question) => holdUnknown(waiting, ...question),
    holdFinding: (...question) => holdFinding(waiting, ...question),
    recheck: waiting.recheck,
  };
}

async function holdUnknown(
  waiting: Waiting,
  request: HeldRequest,
  first: HoldVerdict,
  decide: () => Verdict,
  seconds: number,
  gone: AbortSignal,
): Promise<HoldEnd> {
  const { suggestion } = first.refusal;
  if (suggestion === undefined) return { end: "refused", refusal: first.refusal };
  const released = (): boolean => decide().verdict === "allow";
  const draft = (now: Date): ProposalDraft => draftOf(request, suggestion, first, now, seconds);
  const ended = await waiting.wait({ draft, seconds, released, gone });
  switch (ended.end) {
    case "released":
      return { end: "allowed" };
    case "gone":
      return { end: "gone" };
    case "too-many":
      return { end: "refused", refusal: tooMany(first, ended.reason) };
    case "not-asked": {
      const reason = `${first.reason}; the operator could not be asked`;
      return { end: "refused", refusal: { ...first.refusal, reason } };
    }
    case "answered": {
      const verdict = decide();
      if (verdict.verdict === "allow") return { end: "allowed" };
      return { end: "refused", refusal: answer(ended.item, verdict, seconds), proposal: ended.proposal };
    }
  }
}

function draftOf(
  request: HeldRequest,
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
