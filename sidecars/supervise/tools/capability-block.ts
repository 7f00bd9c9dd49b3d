// capability-block: asks for another Dockerfile, from which the bottle is then made anew.

import * as z from "zod";

import { dockerfileProblems } from "#domain/proposal/dockerfile-problems.ts";
import { CapabilityBlockPayload } from "#domain/proposal/proposal.ts";

import { propose } from "../propose.ts";
import { defineTool } from "../tool.ts";

const input = z.strictObject({
  dockerfile: CapabilityBlockPayload.shape.dockerfile
    .superRefine((text, context) => {
      for (const { line, message } of dockerfileProblems(text)) {
        context.addIssue(line === undefined ? message : `line ${line}: ${message}`);
      }
    })
    .describe(
      "The whole text of a Dockerfile, built without a context. Begin with the present one in " +
        "/etc/bot-bottle/current-config/Dockerfile, where there is one, and change no more than you need.",
    ),
  justification: z
    .string()
    .trim()
    .min(1, "must say why you need it")
    .max(8000)
    .describe("Why you need it, for the operator to read"),
});

export const capabilityBlock = defineTool({
  name: "capability-block",
  title: "Ask for another Dockerfile",
  description:
    "Asks the operator to make this bottle anew from another Dockerfile: for programs and libraries that are missing. " +
    "Once approved, the image is built and you are started again in the new bottle, with your home and workspace: save " +
    "your work first. A build that fails leaves everything as it is; proposal-status then says why.",
  input,
  readOnly: false,
  run: ({ justification, ...payload }, context) =>
    propose({ kind: "capability-block", payload, justification, origin: "mcp" }, context),
});
