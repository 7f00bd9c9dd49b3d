// What the operator sees of all bottles and of all that waits: plain data, made by reduceFleet.

import type { Decision, ProposalStatus, Undo, Use } from "#domain/proposal/decision.ts";
import type { Proposal, Seen } from "#domain/proposal/proposal.ts";

import type { FleetEvent, Stats } from "./event.ts";
import type { Isolation } from "./isolation.ts";
import type { RunStatus, Word, Words } from "./run-status.ts";

export type BottleState =
  | "starting"
  | "busy"
  | "waiting"
  | "idle"
  | "unknown"
  | "exited"
  | "crashed"
  | "stopped"
  | "lost";

export interface BottleRow {
  readonly slug: string;
  readonly agent: string;
  readonly bottle: string;
  readonly provider: string;
  readonly backend: string;
  readonly host: string;
  readonly state: BottleState;
  /** When `state` began, ISO 8601. */
  readonly since: string;
  readonly started_at: string;
  readonly label: string;
  readonly color: string;
  /** Proposals that wait for the operator. */
  readonly pending: number;
  /** Those of them that say that its agent sent the canary. */
  readonly alarms: number;
  readonly exit_code: number | null;
  readonly signal: string | null;
  readonly isolation: Isolation | null;
  readonly stats: Stats | null;
  /** The last line of the agent's output, already plain text. */
  readonly last_line: string;
  /** Sidecars that are down, by name, with the reason. */
  readonly down: Readonly<Record<string, string>>;
  /** What `state` is derived from: the backend's word, and what the agent or its terminal shows. */
  readonly run?: RunStatus;
  /** What it waits for, or why its state is not known; absent where there is nothing to say. */
  readonly why?: string;
  /** What the best authority says that has spoken in this run; the others for `explain`. */
  readonly activity?: Word;
  readonly words?: Words;
  /** When `state` becomes unknown if nobody says anything until then (agent-state.ts); absent while it holds. */
  readonly doubtful_at?: string;
  /** The credential of its that expires first, where that is known. */
  readonly credential?: { readonly source: string; readonly expires_at: string; readonly renew: string };
  /** When something last came from the bottle or its backend, ISO 8601; for a lost one, when it was last seen. */
  readonly confirmed_at?: string;
}

/** A proposal with everything that is known of its fate: what the inbox shows. */
export interface InboxItem {
  readonly proposal: Proposal;
  readonly seen: Seen | null;
  readonly decision: Decision | null;
  readonly undo: Undo | null;
  /** Evidence from the proxy that the agent used what was approved. */
  readonly use: Use | null;
}

export interface Fleet {
  /** By (started_at, slug). */
  readonly bottles: readonly BottleRow[];
  /** By id, which sorts by time: oldest first. */
  readonly inbox: readonly InboxItem[];
  readonly hosts: Readonly<Record<string, { up: boolean; detail: string }>>;
  /** Where it is wrong → what is wrong. */
  readonly problems: Readonly<Record<string, string>>;
  /** What came about bottles whose metadata did not come yet, the newest of each sort; replayed when it does. */
  readonly early?: Readonly<Record<string, Readonly<Record<string, FleetEvent>>>>;
}

/** The pending ones need the operator; expired ones have passed their deadline. */
export function statusOf(item: InboxItem, now: Date): ProposalStatus {
  if (item.undo !== null) return "undone";
  if (item.decision !== null) return item.decision.status;
  const { deadline } = item.proposal;
  return deadline !== undefined && new Date(deadline) <= now ? "expired" : "pending";
}
