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
  /** What the client is told instead of both, where the rule's name would help a thief. */
  readonly told?: Pick<Refusal, "rule" | "reason">;
  /** What the client can do about it; else what its code says. */
  readonly todo?: string;
  /** Seconds, for a `retry-after` header: when trying again may help. */
  readonly retryAfter?: number;
  /** Id of what the operator was asked, when that is known here. */
  readonly proposal?: string;
}

export const HOW_TO_ASK = "call egress-block on the supervise MCP server";
const HOW_TO_ASK_OF_FINDING = "if it is no secret, call pipelock-block on the supervise MCP server";

/**
 * For a secret that stands in a request. Of the bottle's own a client is told no more than that it was one: which of them
 * is a trap is nothing for a thief to know, nor how to ask for it.
 */
export function secretFound(rule: string, what: string, where: string, why: string): Refusal {
  const refusal: Refusal = {
    status: 403,
    code: "secret_found",
    rule,
    reason: `${what} is in the ${where}, and ${why}`,
  };
  if (rule !== "canary" && !rule.startsWith("own:")) return refusal;
  const reason = `a secret of this bottle is in the ${where}`;
  return { ...refusal, told: { rule: "own secret", reason } };
}

/** `proposal` is the id of what the operator sees in the inbox, when it became one. */
export function refusalBody(refusal: Refusal, host: string, proposal = refusal.proposal): string {
  const { code, suggestion } = refusal;
  const { rule, reason } = refusal.told ?? refusal;
  const said = { error: code, host, rule, reason, ...wayOut(refusal), suggestion, proposal };
  return `${JSON.stringify(said)}\n`;
}

/** There is always one. */
function wayOut(refusal: Refusal): { how_to_ask: string } | { what_to_do: string } {
  const { code, suggestion, todo, told } = refusal;
  if (suggestion !== undefined) return { how_to_ask: HOW_TO_ASK };
  if (code === "secret_found" && told === undefined) return { how_to_ask: HOW_TO_ASK_OF_FINDING };
  return { what_to_do: todo ?? WHAT_TO_DO[code] };
}

const ASK_OPERATOR = "ask the operator of this bottle";

const WHAT_TO_DO: Readonly<Record<RefusalCode, string>> = {
  bad_request: "send it in the plain form that the reason asks for",
  misdirected_request: "name the same host in CONNECT, in TLS, in the URL and in Host",
  method_not_allowed: "use another method",
  blocked: ASK_OPERATOR,
  rejected: "do not try again unless the operator says so",
  hold_timeout: "try again when the operator is there",
  credential_missing: ASK_OPERATOR,
  address_refused: `use a host that has a public address, or ${ASK_OPERATOR}`,
  too_many_held: "wait until the operator has answered what waits already",
  upstream_failed: "try again later: the server failed, not a rule",
  upstream_timeout: "try again later: the server failed, not a rule",
  storage_failed: ASK_OPERATOR,
  secret_found: "leave it out of the request",
  cannot_scan: "send it smaller, plainer or not compressed",
  git_push_refused: "push to the remote of the git gate",
  limit_reached: `wait as long as retry-after says, or ${ASK_OPERATOR}`,
  budget_reached: `wait as long as retry-after says, or ${ASK_OPERATOR}`,
  body_too_large: `send less at a time, or ask the operator for a larger limits.body_bytes`,
  cannot_decode: ASK_OPERATOR,
  inspection_failed: ASK_OPERATOR,
  injection_found: ASK_OPERATOR,
};
