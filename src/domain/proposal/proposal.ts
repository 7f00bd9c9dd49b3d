// What waits for the operator: one immutable file per proposal, bound by its digest.

import * as z from "zod";

import { AUTH_SCHEME } from "#domain/egress/route.ts";
import { canonicalJson } from "#domain/json.ts";
import { plainLine } from "#domain/plain-text.ts";

export const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] as const;

// A rule is approved as it is shown, so only what shows as it is may stand in one: visible ASCII.
const host = z
  .string()
  .max(253)
  .regex(/^[!-~]+$/, "must be a host name in visible ASCII (xn-- for other letters)");
const method = z.string().regex(/^[A-Z]{1,20}$/, "must be an HTTP method in capitals such as GET");
const pathPrefix = z
  .string()
  .max(2048)
  .regex(/^\/[!-~]*$/, "must be an absolute path in visible ASCII (% for other characters)");
const isPlain = (line: string): boolean => plainLine(line) === line;
const timestamp = z.iso.datetime();

/** What an egress route would allow. Missing `methods` or `path_allowlist` means all of them. */
export const EgressBlockPayload = z.strictObject({
  host,
  /** Default 443. */
  port: z.int().min(1).max(65_535).optional(),
  methods: z.array(method).min(1).optional(),
  path_allowlist: z.array(pathPrefix).min(1).optional(),
  auth: z
    .strictObject({
      scheme: z.string().max(80).regex(AUTH_SCHEME, "must be Bearer, token, Basic or header:<Name>"),
      token_ref: z
        .string()
        .max(80)
        .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "must be the name of an environment variable"),
    })
    .optional(),
  /** The blocked or held request itself; absent when the agent asked by MCP. */
  method: method.optional(),
  path: z.string().max(8192).optional(),
  count: z.int().positive().optional(),
  first_seen: timestamp.optional(),
  last_seen: timestamp.optional(),
});
export type EgressBlockPayload = z.infer<typeof EgressBlockPayload>;

/** A known secret was about to leave. The excerpt never shows the value. */
export const DlpMatchPayload = z.strictObject({
  host,
  port: z.int().min(1).max(65_535).optional(),
  method,
  path: z.string().max(8192),
  /** Id of the rule. */
  rule: z.string().min(1).max(80),
  /** In words: `query key "token"`, `body, base64 within gzip`. */
  where: z.string().max(300),
  /** The text around it, the value in stars. */
  excerpt: z.string().max(500),
  /** HMAC-SHA256 of the value under the bottle's own key, in hex: an approval is for this value alone. */
  fingerprint: z.string().regex(/^[0-9a-f]{64}$/),
});
export type DlpMatchPayload = z.infer<typeof DlpMatchPayload>;

/** A finding that the agent believes to be false; approving it lets that rule pass on that host, whatever the value. */
export const PipelockBlockPayload = z.strictObject({
  host,
  /** Id of the rule, as the refusal named it. */
  finding: z
    .string()
    .min(1)
    .max(80)
    .regex(/^[a-z0-9][a-z0-9:_-]*$/, "must be the id of a rule, as the refusal named it"),
});
export type PipelockBlockPayload = z.infer<typeof PipelockBlockPayload>;

/** A Dockerfile that the agent would like its bottle to be made from, whole; built without a context. */
export const CapabilityBlockPayload = z.strictObject({
  dockerfile: z
    .string()
    .min(1)
    .max(262_144)
    .refine((text) => /^\s*FROM\s+\S/im.test(text), "has no FROM line: it must be a whole Dockerfile")
    // Approved as it is shown, so only what shows as it is may stand in one.
    .refine(
      (text) => text.split("\n").every((line) => isPlain(line.replaceAll("\t", " "))),
      "has characters that cannot be seen (controls, direction marks, carriage returns)",
    ),
});
export type CapabilityBlockPayload = z.infer<typeof CapabilityBlockPayload>;

export const QuestionPayload = z.strictObject({
  text: z.string().min(1).max(8000),
  options: z.array(z.string().min(1).max(200)).min(1).max(20).optional(),
});
export type QuestionPayload = z.infer<typeof QuestionPayload>;

/** Safe as a file name; `newProposalId` makes them so that they sort by time. */
export const PROPOSAL_ID = /^[0-9A-Za-z][0-9A-Za-z-]{7,63}$/;

const common = {
  version: z.literal(1),
  id: z.string().regex(PROPOSAL_ID),
  bottle_slug: z.string(),
  created_at: timestamp,
  /** `sha256:<hex>` over the canonical JSON of all the other members. */
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  /** The agent's words: context for the operator, never what is approved. */
  justification: z.string().max(8000),
  origin: z.enum(["mcp", "blocked-request", "held-request", "tool-request", "conversation"]),
  /** After this nobody waits for the answer any more. */
  deadline: timestamp.optional(),
  /** Set when undoing a rejection made this proposal anew. */
  reopens: z.string().optional(),
};

/** A discriminated union over `kind`; a later kind is one more member here. */
export const Proposal = z.discriminatedUnion("kind", [
  z.strictObject({ ...common, kind: z.literal("egress-block"), payload: EgressBlockPayload }),
  z.strictObject({ ...common, kind: z.literal("dlp-match"), payload: DlpMatchPayload }),
  z.strictObject({ ...common, kind: z.literal("pipelock-block"), payload: PipelockBlockPayload }),
  z.strictObject({ ...common, kind: z.literal("capability-block"), payload: CapabilityBlockPayload }),
  z.strictObject({ ...common, kind: z.literal("question"), payload: QuestionPayload }),
]);
export type Proposal = z.infer<typeof Proposal>;
export type ProposalKind = Proposal["kind"];
export type ProposalOf<K extends ProposalKind> = Extract<Proposal, { kind: K }>;

/** What its author says of a proposal; the store adds identity, time and digest. */
export type ProposalDraft = {
  [K in ProposalKind]: Omit<ProposalOf<K>, "version" | "id" | "bottle_slug" | "created_at" | "digest">;
}[ProposalKind];

/** What changes while a proposal waits (`<id>.seen.json`); duplicates are folded into it. */
export const Seen = z.strictObject({
  count: z.int().positive(),
  first_seen: timestamp,
  last_seen: timestamp,
  /** The justification of a folded duplicate, when the first one had none. */
  justification: z.string().max(8000).optional(),
});
export type Seen = z.infer<typeof Seen>;

/** The text that a proposal's digest is made over: everything but the digest. */
export function digestInput(proposal: Omit<Proposal, "digest"> & { digest?: string }): string {
  const { digest: _digest, ...rest } = proposal;
  return canonicalJson(rest);
}

/** Two pending proposals of one bottle with equal keys are one. Questions never fold. */
export function foldKey(proposal: Pick<Proposal, "kind" | "payload" | "bottle_slug">): string | undefined {
  const { kind, bottle_slug: bottle } = proposal;
  if (kind === "dlp-match") {
    const { host, rule, fingerprint } = proposal.payload as DlpMatchPayload;
    // Whoever sends the canary everywhere raises one alarm, and fills no inbox.
    if (rule === "canary") return canonicalJson({ bottle, kind, rule });
    return canonicalJson({ bottle, kind, host, rule, fingerprint });
  }
  if (kind === "capability-block")
    return canonicalJson({ bottle, kind, ...(proposal.payload as CapabilityBlockPayload) });
  if (kind === "pipelock-block") return canonicalJson({ bottle, kind, ...(proposal.payload as PipelockBlockPayload) });
  if (kind !== "egress-block") return undefined;
  const rule = proposal.payload as EgressBlockPayload;
  return canonicalJson({
    bottle: proposal.bottle_slug,
    kind: proposal.kind,
    host: rule.host.toLowerCase().replace(/\.$/, ""),
    port: rule.port ?? 443,
    methods: rule.methods?.toSorted() ?? null,
    paths: rule.path_allowlist?.toSorted() ?? null,
    auth: rule.auth ?? null,
  });
}
