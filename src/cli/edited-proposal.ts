// A proposal in the operator's editor: a rule or a Dockerfile comes back changed, a question as its answer.

import { BottleError } from "#domain/bottle-error.ts";
import { problemsError } from "#domain/problem/problem.ts";
import type { Proposal, ProposalOf } from "#domain/proposal/proposal.ts";
import { editText, validateEdit } from "#domain/proposal/validate-edit.ts";

import { answerDraft, answerIn } from "./answer-draft.ts";
import type { CommandContext } from "./command.ts";
import { editInFile } from "./editor.ts";

export type Edited = { readonly payload: unknown } | { readonly notes: string };

/** Undefined when it was left as it was. Throws `invalid` for what can be no rule, where nobody can go on editing. */
export async function editedProposal(
  proposal: Proposal,
  editor: string,
  context: CommandContext,
): Promise<Edited | undefined> {
  switch (proposal.kind) {
    case "egress-block":
    case "capability-block":
      return editedRule(proposal, editor, context);
    case "dlp-match":
    case "pipelock-block":
      throw new BottleError("refused", "a finding is approved or rejected as it is", {
        where: proposal.id,
        hint: `use \`bottle-dash approve ${proposal.id}\` or \`reject\``,
      });
    case "question": {
      const file = { name: `${proposal.id}.txt`, text: answerDraft(proposal) };
      const notes = await editInFile(context, editor, file, answerIn);
      return notes === undefined || notes === "" ? undefined : { notes };
    }
    default:
      return proposal satisfies never;
  }
}

function editedRule(
  proposal: ProposalOf<"egress-block" | "capability-block">,
  editor: string,
  context: CommandContext,
): Promise<Edited | undefined> {
  const ending = proposal.kind === "capability-block" ? "Dockerfile" : "yaml";
  const file = { name: `${proposal.id}.${ending}`, text: editText(proposal) };
  return editInFile(context, editor, file, (text) => {
    const checked = validateEdit(proposal.kind, text);
    if (checked.ok) return { payload: checked.payload };
    throw problemsError(checked.problems.map((problem) => ({ ...problem, path: file.name })));
  });
}
