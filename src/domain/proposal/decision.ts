// The operator's answer to a proposal, created exclusively: the first one wins.

import * as z from "zod";

import { CapabilityBlockPayload, EgressBlockPayload, QuestionPayload } from "#domain/proposal/proposal.ts";

export { Use, Uses } from "./use.ts";

const timestamp = z.iso.datetime();

/** once: the next matching request within 10 minutes. session: until the bottle stops. manifest: kept in the definition. */
export const Scope = z.enum(["once", "session", "manifest"]);
export type Scope = z.infer<typeof Scope>;

/** `once` lives no longer than this, in milliseconds. */
export const ONCE_LIFETIME_MS = 10 * 60 * 1000;

/** Written after the change was live and read back, or when it could not be made. */
export const Applied = z.strictObject({
  ok: z.boolean(),
  /** One sentence for the operator and the agent. */
  detail: z.string(),
  /** The proxy's own version of its table in which the rule was seen. */
  policy_version: z.int().nonnegative().optional(),
});
export type Applied = z.infer<typeof Applied>;

export const Decision = z.strictObject({
  version: z.literal(1),
  id: z.string(),
  /** The digest of the proposal that the operator saw. */
  digest: z.string(),
  status: z.enum(["approved", "modified", "rejected"]),
  scope: Scope,
  expires_at: timestamp.optional(),
  /** For the agent to read: the reason of a rejection, the answer to a question. */
  notes: z.string().max(8000),
  /** What was approved when `modified`. */
  final_payload: z.union([EgressBlockPayload, CapabilityBlockPayload, QuestionPayload]).optional(),
  /** `user@host (pid)`, so that a second decider can be told who was first. */
  decided_by: z.string(),
  decided_at: timestamp,
  /** Absent between the exclusive creation and the read-back. */
  applied: Applied.optional(),
});
export type Decision = z.infer<typeof Decision>;

/** `<id>.undo.json`: takes back exactly what the decision added; created exclusively as well. */
export const Undo = z.strictObject({
  version: z.literal(1),
  id: z.string(),
  digest: z.string(),
  notes: z.string().max(8000),
  decided_by: z.string(),
  decided_at: timestamp,
  /** The new proposal, when a rejection was undone. */
  reopened_as: z.string().optional(),
  applied: Applied.optional(),
});
export type Undo = z.infer<typeof Undo>;

export type ProposalStatus = "pending" | "approved" | "modified" | "rejected" | "expired" | "undone";
