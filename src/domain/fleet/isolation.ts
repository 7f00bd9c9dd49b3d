// What really confines a bottle, as read back from inside it before its agent started.

import * as z from "zod";

export const IsolationCheck = z.strictObject({
  /** For example "no route to an address outside". */
  name: z.string(),
  ok: z.boolean(),
  /** What was tried and what came back. */
  evidence: z.string(),
  /** A failed check that is not required (such as seccomp with util-linux alone) is a weakness, not a refusal. */
  required: z.boolean(),
});
export type IsolationCheck = z.infer<typeof IsolationCheck>;

export const Isolation = z.strictObject({
  /** Shown on the row: "bubblewrap", "util-linux", "docker", "runsc", "qemu". */
  mechanism: z.string(),
  proved_at: z.iso.datetime(),
  checks: z.array(IsolationCheck),
});
export type Isolation = z.infer<typeof Isolation>;

/** The agent may start only when every required check passed. */
export function isProved(isolation: Isolation): boolean {
  return isolation.checks.length > 0 && isolation.checks.every((check) => check.ok || !check.required);
}

/** What is not enforced, for the row and the preflight. */
export function weaknesses(isolation: Isolation): string[] {
  return isolation.checks.filter((check) => !check.ok).map((check) => check.name);
}
