// Everything that can change what the operator sees. The fleet and the inbox are reducers over these.

import type { Decision, Undo, Uses } from "#domain/proposal/decision.ts";
import type { Proposal, Seen } from "#domain/proposal/proposal.ts";

import type { CredentialRecord } from "#domain/provider/credential.ts";

import type { Isolation } from "./isolation.ts";
import type { Metadata } from "./metadata.ts";
import type { Activity, Authority, RunStatus } from "./run-status.ts";

export interface Stats {
  /** Of one core: 1.5 is one and a half cores. */
  cpu: number;
  /** Resident bytes of all processes of the bottle. */
  memory: number;
}

export type FleetEvent =
  | { type: "bottle-found"; slug: string; metadata: Metadata }
  | { type: "bottle-removed"; slug: string }
  | { type: "run-status"; slug: string; status: RunStatus }
  | {
      type: "activity";
      slug: string;
      activity: Activity;
      at: string;
      /** Since when it says so, where it repeats itself; missing: `at`. */
      since?: string;
      authority: Authority;
      detail?: string;
      rule?: string;
      evidence?: string;
    }
  | { type: "credentials"; slug: string; record: CredentialRecord }
  | { type: "last-line"; slug: string; text: string }
  | { type: "stats"; slug: string; stats: Stats }
  | { type: "isolation"; slug: string; isolation: Isolation }
  | { type: "sidecar"; slug: string; sidecar: string; up: boolean; detail: string }
  | { type: "proposal"; proposal: Proposal }
  | { type: "proposal-seen"; slug: string; id: string; seen: Seen }
  | { type: "decision"; slug: string; decision: Decision }
  | { type: "undo"; slug: string; undo: Undo }
  | { type: "proposal-archived"; slug: string; id: string }
  | { type: "uses"; slug: string; uses: Uses }
  | { type: "host"; host: string; up: boolean; detail: string }
  /** Something unreadable or missing: costs its own row and a status line, never the dashboard. */
  | { type: "problem"; where: string; message: string }
  | { type: "problem-solved"; where: string };
