// A proposal as it is shown: with the rule that was approved, where that is another one than was asked for.

import type { InboxItem } from "#domain/fleet/fleet.ts";
import type { Proposal } from "#domain/proposal/proposal.ts";

export function shownProposal({ proposal, decision }: Pick<InboxItem, "proposal" | "decision">): Proposal {
  const final = decision?.final_payload;
  if (final === undefined) return proposal;
  if (proposal.kind === "capability-block" && "dockerfile" in final) return { ...proposal, payload: final };
  if (proposal.kind !== "egress-block" || !("host" in final)) return proposal;
  const { method, path } = proposal.payload;
  return {
    ...proposal,
    payload: { ...(method === undefined ? {} : { method }), ...(path === undefined ? {} : { path }), ...final },
  };
}
