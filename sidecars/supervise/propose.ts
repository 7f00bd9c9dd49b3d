// A proposal into the queue, and the wait for the operator: shared by all tools that ask for something.

import type { ProposalDraft } from "#domain/proposal/proposal.ts";
import { createProposal } from "#lib/store/create-proposal.ts";
import { type QueueItem, readQueue } from "#lib/store/read-queue.ts";

import { awaitAnswer } from "./await-answer.ts";
import { earlierAnswer } from "./earlier-answer.ts";
import { admit, askedByAgent } from "./limits.ts";
import type { ToolContext } from "./tool.ts";
import { withoutSecrets } from "./without-secrets.ts";

/** Throws `refused` when the agent has asked too much lately. */
export async function propose(said: ProposalDraft, context: ToolContext): Promise<string> {
  const draft = withoutSecrets(said, context.redact);
  const { of, read } = context;
  const now = context.now();
  let items: readonly QueueItem[] = [];
  const { proposal } = await createProposal(of, draft, now, {
    earlier: async () => {
      ({ items } = await readQueue(of));
      return earlierAnswer(items, draft, read, now)?.proposal;
    },
    admit: () => admit(askedByAgent(items, now), now),
  });
  return awaitAnswer(proposal.id, context.waitMs, context);
}
