// Nothing runs unproved: what keeps an agent from being started.

import { BottleError } from "#domain/bottle-error.ts";
import { isProved, type Isolation } from "#domain/fleet/isolation.ts";

/** Throws `refused` with every required check that failed. */
export function demandProof(isolation: Isolation): void {
  if (isProved(isolation)) return;
  const failed = isolation.checks
    .filter(({ ok, required }) => required && !ok)
    .map(({ name, evidence }) => `${name} (${evidence})`);
  throw new BottleError(
    "refused",
    `the agent was not started, since its isolation is not proved: ${failed.join("; ") || "nothing was checked"}`,
    { where: isolation.mechanism, hint: "run `bottle-dash doctor`" },
  );
}
