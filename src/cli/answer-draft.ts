// What opens in the editor for a question: the question as comments, and below it the place for the answer.

import { plainLine, plainLines } from "#domain/plain-text.ts";
import type { ProposalOf } from "#domain/proposal/proposal.ts";

export function answerDraft({ id, bottle_slug, payload }: ProposalOf<"question">): string {
  const asked = [...plainLines(payload.text), ...(payload.options ?? []).map((option) => `- ${plainLine(option)}`)];
  const lines = [
    `The agent of ${bottle_slug} asks (${id}):`,
    ...asked.map((line) => `  ${line}`),
    "Write the answer below; leave it empty to do nothing.",
  ];
  return `${lines.map((line) => `# ${line}`.trimEnd()).join("\n")}\n\n`;
}

/** Everything below the comments on top, trimmed. */
export function answerIn(draft: string): string {
  const lines = draft.split("\n");
  const first = lines.findIndex((line) => !line.startsWith("#"));
  return first === -1 ? "" : lines.slice(first).join("\n").trim();
}
