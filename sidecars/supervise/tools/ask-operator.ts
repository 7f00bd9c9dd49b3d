// ask-operator: a question to a human, with options where there are some.

import { QuestionPayload } from "#domain/proposal/proposal.ts";

import { propose } from "../propose.ts";
import { defineTool } from "../tool.ts";

export const askOperator = defineTool({
  name: "ask-operator",
  title: "Ask the operator",
  description:
    "Asks the human operator a question and waits for the answer, which stands in `notes`. Give `options` when the " +
    "answer is a choice. When the status is pending, call proposal-status with the id until there is an answer.",
  input: QuestionPayload,
  readOnly: false,
  run: (payload, context) => propose({ kind: "question", payload, justification: "", origin: "mcp" }, context),
});
