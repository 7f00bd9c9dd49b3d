// egress-block: asks for a route through the egress proxy, usually after a request was blocked.

import * as z from "zod";

import { AUTH_SCHEME } from "#domain/egress/route.ts";
import { isPlainPath, isRuleHost } from "#domain/egress/table.ts";
import { EgressBlockPayload } from "#domain/proposal/proposal.ts";

import { propose } from "../propose.ts";
import { defineTool } from "../tool.ts";

const { port, methods, path_allowlist } = EgressBlockPayload.shape;

const input = z.strictObject({
  host: z
    .string()
    .max(254)
    .transform((text) => text.toLowerCase().replace(/\.$/, ""))
    .refine(isRuleHost, "must be a host name in ASCII (xn-- for others), or *. and a name; no address, port or path")
    .describe("The host to reach, such as api.example.com"),
  port: port.describe("Default 443"),
  methods: methods.describe("HTTP methods in capitals; all when left out. Ask for no more than you need."),
  path_allowlist: path_allowlist
    .refine(
      (paths) => paths === undefined || paths.every(isPlainPath),
      "must be plain absolute paths: no query, dots or escapes of them",
    )
    .describe("Absolute path prefixes; all when left out. Ask for no more than you need."),
  auth: z
    .strictObject({
      scheme: z.string().regex(AUTH_SCHEME, "must be Bearer, token, Basic or header:<Name>"),
      token_ref: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "must be the name of an environment variable"),
    })
    .optional()
    .describe(
      "A credential that the proxy shall add: the name of the operator's variable that holds it, never a value",
    ),
  justification: z
    .string()
    .trim()
    .min(1, "must say why you need it")
    .max(8000)
    .describe("Why you need it, for the operator to read"),
});

export const egressBlock = defineTool({
  name: "egress-block",
  title: "Ask for a route",
  description:
    "Asks the operator to let requests to a host through the egress proxy, and waits for the decision. A blocked " +
    "request answers 403 with a `suggestion`: pass its fields on. The answer says approved, modified (read the notes: " +
    "less may be allowed than you asked for), rejected (read why, and do without) or pending (call proposal-status).",
  input,
  readOnly: false,
  run: ({ justification, ...payload }, context) =>
    propose({ kind: "egress-block", payload, justification, origin: "mcp" }, context),
});
