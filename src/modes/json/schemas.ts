// The shapes that `--json` prints, one schema each; docs/schemas/ is generated from them.

import * as z from "zod";

import { Applied, Decision, Undo, Use } from "#domain/proposal/decision.ts";
import { Proposal, Seen } from "#domain/proposal/proposal.ts";

export const IsolationSummary = z.strictObject({
  mechanism: z.string(),
  /** Every required check passed, from inside, before the agent started. */
  proved: z.boolean(),
  proved_at: z.string(),
  /** What is not enforced. */
  weaknesses: z.array(z.string()),
});
export type IsolationSummary = z.infer<typeof IsolationSummary>;

export const ListRow = z.strictObject({
  slug: z.string(),
  agent: z.string(),
  bottle: z.string(),
  provider: z.string(),
  backend: z.string(),
  host: z.string(),
  state: z.enum(["starting", "busy", "waiting", "idle", "unknown", "exited", "crashed", "stopped", "lost"]),
  since: z.string(),
  started_at: z.string(),
  label: z.string(),
  pending: z.int().nonnegative(),
  exit_code: z.int().nullable(),
  isolation: IsolationSummary.nullable(),
});
export type ListRow = z.infer<typeof ListRow>;

/** An agent that can be started, or cannot, and why. */
export const AvailableRow = z.strictObject({
  agent: z.string(),
  from: z.string(),
  bottle: z.string(),
  provider: z.string(),
  backend: z.string(),
  problem: z.string().nullable(),
});
export type AvailableRow = z.infer<typeof AvailableRow>;

/** What `start --dry-run` shows; never a secret. */
export const PreflightRow = z.strictObject({
  slug: z.string(),
  agent: z.string(),
  lines: z.array(z.strictObject({ label: z.string(), text: z.string() })),
  questions: z.array(z.strictObject({ name: z.string(), prompt: z.string() })),
  warnings: z.array(z.string()),
});
export type PreflightRow = z.infer<typeof PreflightRow>;

export const ProposalStatus = z.enum(["pending", "approved", "modified", "rejected", "expired", "undone"]);

const fate = {
  status: ProposalStatus,
  scope: Decision.shape.scope.nullable(),
  applied: Applied.nullable(),
  /** Evidence from the proxy that the agent used what was approved. */
  used: Use.nullable(),
  seen: Seen.nullable(),
  decision: Decision.nullable(),
  undo: Undo.nullable(),
};
const [egressBlock, question] = Proposal.options;
export const ProposalRow = z.discriminatedUnion("kind", [egressBlock.extend(fate), question.extend(fate)]);
export type ProposalRow = z.infer<typeof ProposalRow>;
