// One line of `audit/<slug>.jsonl`: a hash chain of what happened to a bottle.

import { z } from "zod";

export const AuditAction = z.enum([
  "launch",
  "stop",
  "decision",
  "undo",
  "operator-edit",
  "policy-applied",
  "request-blocked",
  "request-held",
  "dlp-match",
  "git-push",
  "tool-executed",
  "sidecar-restarted",
  "agent-exit",
]);
export type AuditAction = z.infer<typeof AuditAction>;

export const AuditEntry = z.strictObject({
  /** From 1, without gaps. */
  seq: z.int().positive(),
  at: z.iso.datetime(),
  bottle: z.string(),
  /** `operator:<user>`, `sidecar:<name>` or `agent`. */
  actor: z.string(),
  action: AuditAction,
  component: z.string(),
  /** One sentence; never a secret. */
  detail: z.string(),
  diff: z.string().optional(),
  /** `hash` of the entry before; 64 zeros for the first. */
  prev: z.string().regex(/^[0-9a-f]{64}$/),
  /** SHA-256 in hex over the canonical JSON of the rest. */
  hash: z.string().regex(/^[0-9a-f]{64}$/),
});
export type AuditEntry = z.infer<typeof AuditEntry>;

/** What a writer says; the log adds the chain. */
export type AuditFact = Pick<AuditEntry, "actor" | "action" | "component" | "detail"> & { diff?: string };
