// A proposal as it may be shown: every text that an agent wrote without controls, escapes and direction marks.
// The rule itself needs none of this: its schema takes visible ASCII only, so it is approved exactly as it is shown.

import { plainLine, plainLines } from "#domain/plain-text.ts";

import type { Proposal, Seen } from "./proposal.ts";

export function plainProposal(proposal: Proposal): Proposal {
  const justification = plainText(proposal.justification);
  switch (proposal.kind) {
    case "egress-block": {
      const { payload } = proposal;
      const path = payload.path === undefined ? {} : { path: plainLine(payload.path) };
      return { ...proposal, justification, payload: { ...payload, ...path } };
    }
    case "dlp-match": {
      const { payload } = proposal;
      const { path, where, excerpt } = payload;
      const shown = { path: plainLine(path), where: plainLine(where), excerpt: plainLine(excerpt) };
      return { ...proposal, justification, payload: { ...payload, ...shown } };
    }
    case "pipelock-block":
    case "capability-block": // its schema takes nothing that shows otherwise than it is
      return { ...proposal, justification };
    case "question": {
      const { text, options } = proposal.payload;
      const shown = options === undefined ? {} : { options: options.map((option) => plainLine(option)) };
      return { ...proposal, justification, payload: { text: plainText(text), ...shown } };
    }
  }
}

export function plainSeen(seen: Seen): Seen {
  return seen.justification === undefined ? seen : { ...seen, justification: plainText(seen.justification) };
}

/** Keeps line breaks, and nothing else that is no character. */
export function plainText(text: string): string {
  return plainLines(text).join("\n");
}
