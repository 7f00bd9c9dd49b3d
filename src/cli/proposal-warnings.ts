// What to think twice about before one proposal is approved, measured against what the operator allowed before.

import type { Console } from "#contracts/console.ts";
import type { InboxItem } from "#domain/fleet/fleet.ts";
import { knowledgeOf } from "#domain/proposal/knowledge.ts";
import { warningsOf, type Warning } from "#domain/proposal/warnings.ts";

/** `payload` is the changed rule, when there is one. A bottle that does not answer costs its table, not the answer. */
export async function warningsFor(console: Console, { proposal }: InboxItem, payload?: unknown): Promise<Warning[]> {
  if (proposal.kind === "question") return [];
  if (proposal.kind === "capability-block") {
    const known = { knownHosts: [], credentialHosts: [], dockerfile: await dockerfileFor(console, { proposal }) };
    return warningsOf(
      { kind: proposal.kind, payload: (payload ?? proposal.payload) as typeof proposal.payload },
      known,
    );
  }
  if (proposal.kind !== "egress-block") return warningsOf(proposal, { knownHosts: [], credentialHosts: [] });
  const [{ inbox }, status] = await Promise.all([
    console.snapshot(),
    console.egress.status(proposal.bottle_slug).catch(() => undefined),
  ]);
  const known = knowledgeOf(inbox, status === undefined ? [] : [status.table], proposal.id);
  return warningsOf({ kind: proposal.kind, payload: (payload ?? proposal.payload) as typeof proposal.payload }, known);
}

/** What a proposed Dockerfile is shown against; that it cannot be read costs the comparison, not the answer. */
export async function dockerfileFor(
  console: Console,
  { proposal }: Pick<InboxItem, "proposal">,
): Promise<string | undefined> {
  if (proposal.kind !== "capability-block") return undefined;
  return await console.dockerfile(proposal.bottle_slug).catch(() => undefined);
}
