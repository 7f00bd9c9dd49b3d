// From an approved finding to the exception that it adds to the table: this value once or for a while, or a whole rule.

import type { DlpException, RouteTable } from "#domain/egress/route.ts";

import type { Decision } from "./decision.ts";
import type { Proposal, ProposalKind } from "./proposal.ts";

export type FindingProposal = Extract<Proposal, { kind: "dlp-match" | "pipelock-block" }>;

export function isFinding(proposal: Proposal): proposal is FindingProposal {
  return isFindingKind(proposal.kind);
}

export function isFindingKind(kind: ProposalKind): kind is FindingProposal["kind"] {
  return kind === "dlp-match" || kind === "pipelock-block";
}

/** A rule that no exception ever lifts: nobody sends a planted value by mistake. */
export const CANARY_RULE = "canary";
/** Findings in answers: no exception is for them, `dlp.inbound` of the route says what is done. */
export const INBOUND_RULE = "injection:";
/** Rules for this bottle's own secrets: `own:EGRESS_TOKEN_0`. */
export const OWN_RULE = "own:";

export function findingOf(proposal: FindingProposal): string {
  return proposal.kind === "dlp-match" ? proposal.payload.rule : proposal.payload.finding;
}

export function exceptionOf(
  proposal: FindingProposal,
  { id, scope, expires_at }: Pick<Decision, "id" | "scope" | "expires_at">,
): DlpException {
  return {
    decision: id,
    host: proposal.payload.host.toLowerCase().replace(/\.$/, ""),
    rule: findingOf(proposal),
    ...(proposal.kind === "dlp-match" ? { fingerprint: proposal.payload.fingerprint } : {}),
    ...(scope === "once" ? { once: true } : {}),
    ...(expires_at === undefined ? {} : { expires_at }),
  };
}

/** The table with the exception, once: the one that an interrupted decider has added stays. */
export function withException(table: RouteTable, exception: DlpException): RouteTable {
  const { dlp_exceptions = [] } = table;
  if (dlp_exceptions.some(({ decision }) => decision === exception.decision)) return table;
  return { ...table, dlp_exceptions: [...dlp_exceptions, exception] };
}

/** The table without what a decision added; the same table when that is nothing. */
export function withoutDecision(table: RouteTable, decision: string): RouteTable {
  const { dlp_exceptions = [], ...rest } = table;
  const routes = table.routes.filter((route) => route.decision !== decision);
  const exceptions = dlp_exceptions.filter((exception) => exception.decision !== decision);
  if (routes.length === table.routes.length && exceptions.length === dlp_exceptions.length) return table;
  return { ...rest, ...(exceptions.length === 0 ? {} : { dlp_exceptions: exceptions }), routes };
}
