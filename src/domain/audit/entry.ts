// One line of `audit/<slug>.jsonl`: a hash chain of what happened to a bottle.

import * as z from "zod";

const AuditAction = z.enum([
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
  /** The bottle was made anew from another image, its home kept. */
  "rebuild",
  "tool-executed",
  "sidecar-restarted",
  "agent-exit",
  /** The agent renewed a login of its own, and it was kept; or another holder has it now, and the agent was ended. */
  "credential-saved",
  "credential-lost",
  /** The log itself was found cut or without its head; what it lacks cannot be told. */
  "audit-damaged",
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

/** `audit/<slug>.head.json`: where the chain ends, so that lines cut off its end are missed. */
export const AuditHead = z.strictObject({
  seq: z.int().nonnegative(),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  /** Size of the log with that entry as its last. */
  bytes: z.int().nonnegative(),
});
export type AuditHead = z.infer<typeof AuditHead>;

/** What a writer says; the log adds the chain. */
export type AuditFact = Pick<AuditEntry, "actor" | "action" | "component" | "detail"> & { diff?: string };
