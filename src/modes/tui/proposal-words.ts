// The domain's words for a proposal, remembered for as long as nothing that they depend on changes.

import type { DockerfileWords } from "#components/dockerfile-rows.ts";
import type { ProposalWords } from "#components/proposal-detail.ts";
import { shownProposal } from "#components/shown-proposal.ts";
import { lineChanges } from "#domain/egress/line-diff.ts";
import type { RouteTable } from "#domain/egress/route.ts";
import type { Fleet, InboxItem } from "#domain/fleet/fleet.ts";
import { describeProposal } from "#domain/proposal/describe.ts";
import { knowledgeOf } from "#domain/proposal/knowledge.ts";
import type { Proposal } from "#domain/proposal/proposal.ts";
import { warningsOf } from "#domain/proposal/warnings.ts";

import type { KnownDockerfile } from "./dockerfiles.ts";
import type { View } from "./view.ts";

/** `before`: what the bottle is made from, where a Dockerfile is proposed. */
export function wordsOf(
  proposal: Proposal,
  inbox: readonly InboxItem[],
  tables: readonly RouteTable[],
  before?: string,
): ProposalWords {
  const known = { ...knowledgeOf(inbox, tables, proposal.id), dockerfile: before };
  // Its diff is laid out by us, with the lines around it.
  const same = proposal.kind === "capability-block" ? proposal.payload.dockerfile : undefined;
  return { ...describeProposal(proposal, same), warnings: warningsOf(proposal, known) };
}

type Dockerfiles = View["dockerfiles"];

const NONE: Dockerfiles = {};

/** Tables that were read for the egress tab count as knowledge too. */
export function rememberWords(
  tables: () => readonly RouteTable[],
): (fleet: Fleet, dockerfiles?: Dockerfiles) => (item: InboxItem) => ProposalWords {
  let inbox: readonly InboxItem[] | undefined;
  let files: Dockerfiles | undefined;
  let known = new Map<InboxItem, ProposalWords>();
  return (fleet, dockerfiles = NONE) => {
    if (fleet.inbox !== inbox || dockerfiles !== files) {
      inbox = fleet.inbox;
      files = dockerfiles;
      known = new Map();
    }
    return (item) => {
      let words = known.get(item);
      if (words === undefined) {
        const file = dockerfiles[item.proposal.bottle_slug];
        words = {
          ...wordsOf(shownProposal(item), fleet.inbox, tables(), file?.text ?? undefined),
          ...dockerfileWords(item, file),
        };
        known.set(item, words);
      }
      return words;
    };
  };
}

/** What was decided is shown as it was: the bottle may be made from it by now. */
function dockerfileWords(item: InboxItem, file: KnownDockerfile | undefined): { dockerfile?: DockerfileWords } {
  const proposal = shownProposal(item);
  if (proposal.kind !== "capability-block") return {};
  const after = withoutLastBreak(proposal.payload.dockerfile);
  if (item.decision?.applied !== undefined || item.decision?.status === "rejected")
    return { dockerfile: { against: "decided", changes: lineChanges(after, after) } };
  const text = file?.text;
  if (typeof text === "string")
    return { dockerfile: { against: "known", changes: lineChanges(withoutLastBreak(text), after) } };
  const changes = after.split("\n").map((line) => ({ sign: "+", text: line }) as const);
  return { dockerfile: { against: text === null ? "unknown" : "reading", changes } };
}

function withoutLastBreak(text: string): string {
  return text.replace(/\n$/, "");
}
