// What allowing one request would allow: the narrowest rule first, then its meaning and what is dangerous about it.

import type { EgressRequest } from "#domain/egress/control.ts";
import { plainLine } from "#domain/plain-text.ts";
import type { Proposal } from "#domain/proposal/proposal.ts";

import { diffRows, ruleRows, warningRows, type Detail, type ProposalWords } from "../../proposal-detail.ts";
import { BOLD, DIM, row, span, wrap, YELLOW } from "../../rows.ts";
import { targetOf, verdictSpan } from "./request-row.ts";

export interface AllowDetailProps {
  readonly slug: string;
  readonly request: EgressRequest;
  /** What is made and approved at once. */
  readonly proposal: Proposal;
  readonly words: ProposalWords;
  readonly width: number;
}

export function allowDetail({ slug, request, proposal, words, width }: AllowDetailProps): Detail {
  const target = `${request.method.slice(0, 20)} ${targetOf(request)}`;
  const vital = [
    row(verdictSpan(request), ` ${plainLine(slug)} `, span("you would allow this, until the bottle stops", DIM)),
    ...wrap(plainLine(target), width, BOLD)
      .slice(0, 4)
      .map((line) => row(...line)),
    ...ruleRows(proposal, width),
    ...words.meaning.flatMap((text) => wrap(plainLine(text), width).map((line) => row(...line))),
    ...(request.scheme === "http"
      ? wrap("It came over plain HTTP: that is allowed too, and anybody on the way can read it.", width, {
          color: YELLOW,
        }).map((line) => row(...line))
      : []),
    ...words.warnings.flatMap((text) => warningRows(text, width)),
  ];
  return { rows: [...vital, ...diffRows(words.diff)], vital: vital.length };
}
