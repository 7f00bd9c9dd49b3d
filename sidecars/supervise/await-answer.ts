// Waits for the operator's decision on one proposal, and says it to the agent as text.

import { waitForDecision } from "#lib/store/wait-for-decision.ts";

import { answerText, pendingText } from "./answer-text.ts";
import type { ToolContext } from "./tool.ts";

/** Throws `not-found` for an id that is none of this bottle's. */
export async function awaitAnswer(id: string, timeoutMs: number, { of, signal, answered }: ToolContext): Promise<string> {
  const item = await waitForDecision(of, id, { timeoutMs, signal });
  const decision = item?.decision ?? null;
  if (item === null || decision === null) return pendingText(id);
  answered(id);
  return answerText({ ...item, decision });
}
