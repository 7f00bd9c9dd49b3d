// A proposal into the queue, and the wait for the operator: shared by all tools that ask for something.

import type { ProposalDraft } from "#domain/proposal/proposal.ts";
import { createProposal } from "#lib/store/create-proposal.ts";
import { readQueue } from "#lib/store/read-queue.ts";

import { awaitAnswer } from "./await-answer.ts";
import { earlierAnswer } from "./earlier-answer.ts";
import { admit } from "./limits.ts";
import type { ToolContext } from "./tool.ts";

/** Throws `refused` when the agent has asked too much lately. */
export async function propose(draft: ProposalDraft, context: ToolContext): Promise<string> {
  const now = context.now();
  const { items } = await readQueue(context.of);
  const earlier = earlierAnswer(items, draft, context.read, now);
  const id = earlier?.proposal.id ?? (await create(draft, context, now));
  return awaitAnswer(id, context.waitMs, context);
}

async function create(draft: ProposalDraft, { of }: ToolContext, now: Date): Promise<string> {
  const { proposal } = await createProposal(of, draft, now, { admit: (load) => admit(load, now) });
  return proposal.id;
}
