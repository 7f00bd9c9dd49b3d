// A proposal into the queue, and the wait for the operator: shared by all tools that ask for something.

import type { ProposalDraft } from "#domain/proposal/proposal.ts";
import { createProposal } from "#lib/store/create-proposal.ts";

import { admit } from "./limits.ts";
import type { ToolContext } from "./tool.ts";
import { awaitAnswer } from "./await-answer.ts";

/** Throws `refused` when the agent has asked too much lately. */
export async function propose(draft: ProposalDraft, context: ToolContext): Promise<string> {
  const now = context.now();
  const { proposal } = await createProposal(context.of, draft, now, { admit: (load) => admit(load, now) });
  return awaitAnswer(proposal.id, context.waitMs, context);
}
