// Everything that turns a refused or held request into something that the operator sees.

import type { AuditFact } from "#domain/audit/entry.ts";
import { appendAudit } from "#lib/store/audit-log.ts";
import type { QueueOf } from "#lib/store/queue-files.ts";

import { type AuditTrail, openAuditTrail } from "./audit-trail.ts";
import { type BlockedProposals, openBlockedProposals } from "./blocked.ts";
import { type CanaryAlarm, openCanaryAlarm } from "./canary-alarm.ts";
import { type Holds, openHolds } from "./hold.ts";

export interface Asking {
  readonly audit: AuditTrail;
  readonly blocked: BlockedProposals;
  readonly holds: Holds;
  readonly alarm: CanaryAlarm;
}

/** The bottle's queue folder must exist. */
export async function openAsking(of: QueueOf, problem: (message: string) => void): Promise<Asking> {
  const append = (fact: AuditFact): Promise<unknown> => appendAudit(of, fact, new Date());
  return {
    audit: openAuditTrail(append, problem),
    blocked: await openBlockedProposals(of, problem),
    holds: openHolds(of, problem),
    alarm: openCanaryAlarm(of, problem),
  };
}
