// Why a request does not go out, and the small JSON body that says so to a person and to an agent.

import type { EgressBlockPayload } from "#domain/proposal/proposal.ts";

export type RefusalCode =
  | "bad_request"
  | "misdirected_request"
  | "method_not_allowed"
  | "blocked"
  | "rejected"
  | "hold_timeout"
  | "credential_missing"
  | "address_refused"
  | "too_many_held"
  | "upstream_failed"
  | "upstream_timeout"
  | "storage_failed"
  | "secret_found"
  | "cannot_scan"
  | "git_push_refused"
  | "limit_reached"
  | "budget_reached"
  | "body_too_large"
  | "cannot_decode"
  | "inspection_failed"
  | "injection_found";

export interface Refusal {
  readonly status: number;
  readonly code: RefusalCode;
  /** The rule that decided, in words. */
  readonly rule: string;
  /** One sentence. */
  readonly reason: string;
  /** The route that would let it through: absent when no rule could. */
  readonly suggestion?: EgressBlockPayload;
  /** Seconds, for a `retry-after` header: when trying again may help. */
  readonly retryAfter?: number;
  /** Id of what the operator was asked, when that is known here. */
  readonly proposal?: string;
}

export const HOW_TO_ASK = "call egress-block on the supervise MCP server";
const HOW_TO_ASK_OF_FINDING = "if it is no secret, call pipelock-block on the supervise MCP server";

/** `proposal` is the id of what the operator sees in the inbox, when it became one. */
export function refusalBody(refusal: Refusal, host: string, proposal = refusal.proposal): string {
  const { code, rule, reason, suggestion } = refusal;
  const how = suggestion !== undefined ? HOW_TO_ASK : code === "secret_found" ? HOW_TO_ASK_OF_FINDING : undefined;
  const asking = {
    ...(how === undefined ? {} : { how_to_ask: how }),
    ...(suggestion === undefined ? {} : { suggestion }),
  };
  return `${JSON.stringify({ error: code, host, rule, reason, ...asking, ...(proposal === undefined ? {} : { proposal }) })}\n`;
}
