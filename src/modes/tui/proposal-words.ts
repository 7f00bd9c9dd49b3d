// The domain's words for a proposal, remembered for as long as nothing that they depend on changes.

import type { ProposalWords } from "#components/proposal-detail.ts";
import { shownProposal } from "#components/shown-proposal.ts";
import type { RouteTable } from "#domain/egress/route.ts";
import type { Fleet, InboxItem } from "#domain/fleet/fleet.ts";
import { describeProposal } from "#domain/proposal/describe.ts";
import { knowledgeOf } from "#domain/proposal/knowledge.ts";
import type { Proposal } from "#domain/proposal/proposal.ts";
import { warningsOf } from "#domain/proposal/warnings.ts";

export function wordsOf(proposal: Proposal, inbox: readonly InboxItem[], tables: readonly RouteTable[]): ProposalWords {
  return { ...describeProposal(proposal), warnings: warningsOf(proposal, knowledgeOf(inbox, tables, proposal.id)) };
}

/** Tables that were read for the egress tab count as knowledge too. */
export function rememberWords(
  tables: () => readonly RouteTable[],
): (fleet: Fleet) => (item: InboxItem) => ProposalWords {
  let inbox: readonly InboxItem[] | undefined;
  let known = new Map<InboxItem, ProposalWords>();
  return (fleet) => {
    if (fleet.inbox !== inbox) {
      inbox = fleet.inbox;
      known = new Map();
    }
    return (item) => {
      let words = known.get(item);
      if (words === undefined) {
        words = wordsOf(shownProposal(item), fleet.inbox, tables());
        known.set(item, words);
      }
      return words;
    };
  };
}
