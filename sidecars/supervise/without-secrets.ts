// The agent's own words in a proposal, without its bottle's secrets: they are shown, and kept in the queue and the audit trail.

import { plainLines } from "#domain/plain-text.ts";
import type { ProposalDraft } from "#domain/proposal/proposal.ts";

/** As long as the queue takes. */
const LONGEST = 8000;
const LONGEST_OPTION = 200;

/** What is asked for stays as it is: that is what would be approved. */
export function withoutSecrets(draft: ProposalDraft, redactText: (text: string) => string): ProposalDraft {
  const redact = (text: string): string => asSeen(text, redactText);
  const said = { ...draft, justification: redact(draft.justification).slice(0, LONGEST) };
  if (said.kind !== "question") return said;
  const { text, options } = said.payload;
  const payload = {
    text: redact(text).slice(0, LONGEST),
    ...(options === undefined ? {} : { options: options.map((option) => redact(option).slice(0, LONGEST_OPTION)) }),
  };
  return { ...said, payload };
}

/** Invisible characters are shown to nobody: a secret that only they take apart is one again on the screen. */
function asSeen(text: string, redact: (text: string) => string): string {
  const seen = plainLines(text).join("\n");
  const redacted = redact(seen);
  return redacted === seen ? redact(text) : redacted;
}
