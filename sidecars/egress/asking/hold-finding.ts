// A request that waits because a known secret is in it: the operator is shown the rule, the place and the words around
// it, never the value. An approval is an exception in the table; anything else ends it with 403.

import { plainLine } from "#domain/plain-text.ts";
import type { DlpMatchPayload, ProposalDraft } from "#domain/proposal/proposal.ts";
import type { QueueItem } from "#lib/store/read-queue.ts";

import { type Refusal, secretFound } from "../policy/refusal.ts";
import type { HoldEnd } from "./hold.ts";
import type { Waiting } from "./waiting.ts";

export interface HeldFinding extends DlpMatchPayload {
  /** What the rule looks for, in words: `a GitHub personal access token`. */
  readonly what: string;
}

export async function holdFinding(
  waiting: Waiting,
  finding: HeldFinding,
  allowed: () => boolean,
  seconds: number,
  gone: AbortSignal,
): Promise<HoldEnd> {
  const draft = (now: Date): ProposalDraft => draftOf(finding, now, seconds);
  const ended = await waiting.wait({ draft, seconds, released: allowed, gone });
  switch (ended.end) {
    case "released":
      return { end: "allowed" };
    case "gone":
      return { end: "gone" };
    case "too-many":
      return { end: "refused", refusal: { status: 429, code: "too_many_held", rule: "hold", reason: ended.reason } };
    case "not-asked":
      return { end: "refused", refusal: found(finding, "the operator could not be asked") };
    case "answered":
      if (allowed()) return { end: "allowed" };
      return { end: "refused", refusal: { ...answer(finding, ended.item, seconds), proposal: ended.proposal } };
  }
}

function draftOf({ what, ...finding }: HeldFinding, now: Date, seconds: number): ProposalDraft {
  return {
    kind: "dlp-match",
    payload: {
      ...finding,
      method: finding.method.slice(0, 20),
      path: plainLine(finding.path).slice(0, 8192),
      where: plainLine(finding.where).slice(0, 300),
      excerpt: plainLine(finding.excerpt).slice(0, 500),
    },
    justification: `Held by the egress proxy: ${what} is about to leave in the ${finding.where}. The client waits.`,
    origin: "held-request",
    deadline: new Date(now.getTime() + seconds * 1000).toISOString(),
  };
}

function answer(finding: HeldFinding, item: QueueItem | null, seconds: number): Refusal {
  const decision = item?.decision;
  if (decision === undefined || decision === null) {
    return {
      ...found(finding, `the operator did not answer within ${seconds} seconds`),
      code: "hold_timeout",
    };
  }
  if (decision.status === "rejected") {
    const notes = decision.notes.trim() === "" ? "" : `: ${decision.notes}`;
    return { ...found(finding, `the operator rejected it${notes}`), code: "rejected" };
  }
  if (decision.applied?.ok === false)
    return found(finding, `the approval could not be applied: ${decision.applied.detail}`);
  return found(finding, "what the operator approved does not cover this request");
}

function found({ what, where, rule }: HeldFinding, why: string): Refusal {
  const refusal = secretFound(rule, what, where, why);
  if (refusal.told === undefined) return refusal;
  return { ...refusal, told: { ...refusal.told, reason: `${refusal.told.reason}, and ${why}` } };
}
