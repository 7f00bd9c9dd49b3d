// One thing that is tried from inside a bottle, and how it becomes a check.

import type { IsolationCheck } from "#domain/fleet/isolation.ts";

export interface Finding {
  readonly ok: boolean;
  /** What was tried and what came back. */
  readonly evidence: string;
}

export interface Attempt {
  readonly name: string;
  readonly required: boolean;
  try(): Finding | Promise<Finding>;
}

const EVIDENCE_LIMIT = 400;

/** An attempt that itself breaks proves nothing, and so has failed. */
export async function runAttempts(attempts: readonly Attempt[]): Promise<IsolationCheck[]> {
  return Promise.all(
    attempts.map(async ({ name, required, try: attempt }) => {
      const finding = await Promise.resolve()
        .then(attempt)
        .catch((error: unknown): Finding => ({ ok: false, evidence: `could not be tried: ${String(error)}` }));
      return { name, required, ok: finding.ok, evidence: finding.evidence.slice(0, EVIDENCE_LIMIT) };
    }),
  );
}

/** Fine when nothing was found; names what was. */
export function nothingOf(found: readonly string[], fine: string, wrong: string): Finding {
  if (found.length === 0) return { ok: true, evidence: fine };
  const shown = found.slice(0, 5).join(", ");
  return { ok: false, evidence: `${wrong}: ${shown}${found.length > 5 ? ` and ${found.length - 5} more` : ""}` };
}
