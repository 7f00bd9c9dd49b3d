// Puts the inspection of one bottle's traffic together. It is loaded after the proxy listens: the rules are many.

import type { RouteTable } from "#domain/egress/route.ts";
import type { OwnSecret } from "#domain/secrets/scanner.ts";

import type { AuditTrail } from "../asking/audit-trail.ts";
import type { Holds } from "../asking/hold.ts";
import type { UseRecord } from "../table/uses.ts";
import { type Inspection, inspectNothing } from "./inspection.ts";

export interface InspectionDeps {
  readonly table: () => RouteTable;
  readonly uses: UseRecord;
  readonly audit: AuditTrail;
  readonly holds: Holds;
  /** What `ownSecrets` gives. */
  readonly own: readonly OwnSecret[];
  /** Where the key of fingerprints is, or will be. */
  readonly fingerprintKey: string;
  readonly problem: (message: string) => void;
}

/** Never throws: what cannot be scanned is refused, request by request. */
export function openInspection(_deps: InspectionDeps): Inspection {
  return inspectNothing;
}
