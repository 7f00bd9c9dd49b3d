// pipelock-block: tells the operator that a finding which stopped a request is false, and asks to let it pass.

import * as z from "zod";

import { BottleError } from "#domain/bottle-error.ts";
import { isRuleHost } from "#domain/egress/table.ts";
import { CANARY_RULE, INBOUND_RULE } from "#domain/proposal/approved-exception.ts";
import { PipelockBlockPayload } from "#domain/proposal/proposal.ts";

import { propose } from "../propose.ts";
import { defineTool } from "../tool.ts";
import { wasFound } from "../was-found.ts";

const input = z.strictObject({
  host: z
    .string()
    .max(254)
    .transform((text) => text.toLowerCase().replace(/\.$/, ""))
    .refine((host) => isRuleHost(host) && !host.startsWith("*."), "must be one host name in ASCII (xn-- for others)")
    .describe("The host that the request was for"),
  finding: PipelockBlockPayload.shape.finding
    .refine((finding) => finding !== CANARY_RULE, "is never false: do not send that value to anybody")
    .refine((finding) => !finding.startsWith(INBOUND_RULE), "is about an answer: ask for that with ask-operator")
    .describe("The id of the rule, as the refusal named it, such as github-pat; never the value that was found"),
  justification: z
    .string()
    .trim()
    .min(1, "must say why it is no secret")
    .max(8000)
    .describe("Why it is no secret, for the operator to read; never the value itself"),
});

export const pipelockBlock = defineTool({
  name: "pipelock-block",
  title: "Call a finding false",
  description:
    "Asks the operator to let pass what a rule for secrets took for one: use it when a request answered 403 with " +
    "secret_found and you know that it is none. Once approved, that rule lets every value pass on that host until the " +
    "bottle stops. Rather leave out what is secret: real ones stay refused.",
  input,
  readOnly: false,
  async run({ justification, ...payload }, context) {
    if (!(await wasFound(payload, context))) {
      throw new BottleError(
        "refused",
        `nothing of ${payload.finding} was found lately in a request to ${payload.host}`,
        {
          where: "finding",
          hint: "send the request first, and name the host and the rule that the refusal names",
        },
      );
    }
    return await propose({ kind: "pipelock-block", payload, justification, origin: "mcp" }, context);
  },
});
