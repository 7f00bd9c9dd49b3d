// proposal-status: waits on for one proposal, so that an agent resumes by itself when the operator has decided.

import * as z from "zod";

import { PROPOSAL_ID } from "#domain/proposal/proposal.ts";

import { awaitAnswer } from "../await-answer.ts";
import { defineTool } from "../tool.ts";

export const proposalStatus = defineTool({
  name: "proposal-status",
  title: "Wait for a decision",
  description:
    "Waits for the operator's decision on a proposal that was pending, and answers like the tool that made it.",
  input: z.strictObject({
    id: z
      .string()
      .regex(PROPOSAL_ID, "must be the id of a proposal, as a pending answer gives it")
      .describe("The proposal's id"),
    wait_seconds: z
      .number()
      .min(0)
      .optional()
      .describe("Wait no longer than this; 0 only looks. Default: as long as any call may wait"),
  }),
  readOnly: true,
  run: ({ id, wait_seconds }, context) =>
    awaitAnswer(
      id,
      wait_seconds === undefined ? context.waitMs : Math.min(wait_seconds * 1000, context.waitMs),
      context,
    ),
});
