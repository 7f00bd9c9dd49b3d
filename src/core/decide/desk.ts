// Who decides, and what a decision needs of the world.

import { hostname, userInfo } from "node:os";

import type { Backend } from "#contracts/backend.ts";
import { backendOf } from "#core/console/part.ts";
import type { EgressStatus } from "#domain/egress/control.ts";

import { egressStatus } from "#core/egress/control-client.ts";

export interface Desk {
  readonly root: string;
  /** `user@host (pid)`: how a second decider is told who was first. */
  readonly decidedBy: string;
  /** `operator:<user>`, for the audit. */
  readonly actor: string;
  readonly now: () => Date;
  /** Throws when the bottle's proxy does not answer. */
  readonly egressStatus: (slug: string) => Promise<EgressStatus>;
  /** How long a change may take until the proxy shows it; a proxy that is being restarted is back in less. Milliseconds. */
  readonly liveWithin: number;
  /** The backend that holds the bottle. Throws when it is none of ours. */
  readonly backend: (slug: string) => Promise<Backend>;
  /** Aborts when whoever decides leaves: what takes minutes is given up then. */
  readonly closed: AbortSignal;
}

const LIVE_WITHIN_MS = 5000;

export interface DeskWorld {
  readonly backends: readonly Backend[];
  readonly closed: AbortSignal;
}

/** Without a world it decides what needs no backend. */
export function openDesk(root: string, now: () => Date = () => new Date(), world: Partial<DeskWorld> = {}): Desk {
  const { backends = [], closed = new AbortController().signal } = world;
  const user = userName();
  return {
    root,
    decidedBy: `${user}@${hostname()} (${process.pid})`,
    actor: `operator:${user}`,
    now,
    egressStatus: (slug) => egressStatus(root, slug),
    liveWithin: LIVE_WITHIN_MS,
    backend: (slug) => backendOf({ root, backends }, slug),
    closed,
  };
}

export function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? "unknown"}`; // a container's uid without a passwd entry
  }
}
