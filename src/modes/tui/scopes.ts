// How long an approval lasts, as it is offered.

import type { Proposal } from "#domain/proposal/proposal.ts";

import type { Approval } from "./view.ts";

const HOUR_MS = 3_600_000;

export interface ScopeChoice {
  readonly title: string;
  readonly detail: string;
  readonly approval: Approval;
}

export const SCOPES: readonly [ScopeChoice, ...ScopeChoice[]] = [
  { title: "once", detail: "the next matching request, within 10 minutes", approval: { scope: "once" } },
  {
    title: "for an hour",
    detail: "then the rule goes away by itself",
    approval: { scope: "session", expiresInMs: HOUR_MS },
  },
  { title: "until the bottle stops", detail: "this session", approval: { scope: "session" } },
  { title: "for good", detail: "also written to the bottle's definition", approval: { scope: "manifest" } },
];

/** Why a proposal cannot be approved for so long, or undefined: what a scan found is never let through for good. */
export function scopeProblem({ scope }: Approval, proposal: Proposal | undefined): string | undefined {
  if (scope !== "manifest" || proposal === undefined) return undefined;
  return proposal.kind === "dlp-match" || proposal.kind === "pipelock-block"
    ? "an exception for a finding is not kept in the definition"
    : undefined;
}
