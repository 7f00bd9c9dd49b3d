// Everybody who watches the agent's terminal: each gets every event, and one who reads too slowly a fresh start instead
// of an endless queue.

import type { ShellEvent } from "#domain/guest-agent/protocol.ts";

/** How a subscriber's events leave; `queued` is what waits in the socket already. */
export interface Outlet {
  send(event: ShellEvent): void;
  /** Bytes. */
  queued(): number;
}

export interface Subscribers {
  add(outlet: Outlet, output: boolean): Subscription;
  /** To those who watch the screen. `output` is safe for a viewer's terminal. */
  screen(event: ShellEvent & { type: "output" | "resize" }): void;
  /** To everybody. */
  state(event: ShellEvent & { type: "activity" | "last-line" | "exit" }): void;
}

export interface Subscription {
  /** The outlet has room again. */
  drained(): void;
  end(): void;
}

/** What is in a shell at this moment, for those who fell behind. */
export interface Screen {
  readonly snapshot: string;
  readonly cols: number;
  readonly rows: number;
  readonly cursor: number;
}

const QUEUE_LIMIT = 1_048_576;

export function newSubscribers(screen: () => Screen, queueLimit = QUEUE_LIMIT): Subscribers {
  interface Member {
    readonly outlet: Outlet;
    readonly output: boolean;
    /** Characters of output that it missed; null while it keeps up. */
    dropped: number | null;
  }
  const members = new Set<Member>();
  const behind = (member: Member): boolean => member.outlet.queued() > queueLimit;

  return {
    add(outlet, output) {
      const member: Member = { outlet, output, dropped: null };
      members.add(member);
      return {
        drained() {
          if (member.dropped === null || !members.has(member)) return;
          const { dropped } = member;
          member.dropped = null;
          if (output) outlet.send({ type: "reset", ...screen(), dropped });
        },
        end: () => void members.delete(member),
      };
    },
    screen(event) {
      const size = event.type === "output" ? event.data.length : 0;
      for (const member of members) {
        if (!member.output) continue;
        if (member.dropped !== null) member.dropped += size;
        else if (behind(member)) member.dropped = size;
        else member.outlet.send(event);
      }
    },
    state(event) {
      for (const member of members) {
        if (event.type !== "exit" && (member.dropped !== null || behind(member))) continue;
        member.outlet.send(event);
      }
    },
  };
}
