// What must not be seen on a bottle's terminal or in its logs: written for those who read its output, without the values.

import type { BottleSpec } from "#contracts/backend.ts";
import { bottlePaths } from "#lib/paths.ts";
import { SHORTEST } from "#lib/redact/fingerprint.ts";
import { writeRedactions } from "#lib/redact/redactions-file.ts";
import { textOf } from "#lib/redact/significant.ts";

type Secrets = Pick<BottleSpec, "secrets">;

/** At a launch and at each resume: another run has another canary, and may have other credentials. */
export async function writeBottleRedactions(
  root: string,
  { slug, secrets }: Secrets & { slug: string },
): Promise<void> {
  const named = Object.entries(secrets).map(([slot, value]) => [shownName(slot), value]);
  await writeRedactions(bottlePaths(root, slug), Object.fromEntries(named));
}

/** What the operator should know before: such a value is seen wherever the agent shows it. */
export function redactionWarnings({ secrets }: Secrets): string[] {
  const short = Object.entries(secrets).filter(([, value]) => textOf(Buffer.from(value)).length < SHORTEST);
  return short.map(
    ([slot]) =>
      `${shownName(slot)} is shorter than ${SHORTEST} characters: it is not hidden on the screen and in the logs, since too much else would be`,
  );
}

/** `EGRESS_SECRET_PASSWORD` → PASSWORD; a credential that egress injects keeps the name of its slot. */
function shownName(slot: string): string {
  return slot.replace(/^EGRESS_SECRET_/, "");
}
