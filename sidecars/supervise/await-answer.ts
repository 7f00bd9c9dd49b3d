// Waits for the operator's decision on one proposal, and says it to the agent as text.

import { answerText } from "#domain/proposal/answer.ts";
import { readProposal } from "#lib/store/read-queue.ts";
import { isAnswered, waitForDecision } from "#lib/store/wait-for-decision.ts";

import type { ToolContext } from "./tool.ts";

/** Throws `not-found` for an id that is none of this bottle's. */
export async function awaitAnswer(
  id: string,
  timeoutMs: number,
  { of, signal, now, answered }: ToolContext,
): Promise<string> {
  const item = (await waitForDecision(of, id, { timeoutMs, signal })) ?? (await readProposal(of, id));
  if (isAnswered(item, "settled")) answered(id);
  return answerText(item, now());
}
