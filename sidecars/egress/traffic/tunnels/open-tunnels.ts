// The tunnels that are open: too many, too idle or too old ones are closed. Where there is no room for a new one, the one
// that has been idle for longest makes room: whoever leaves tunnels behind loses those, and nobody is kept out by them.

import type { Refusal } from "../../policy/refusal.ts";
import { TUNNEL_LIMITS, type TunnelLimits } from "./tunnel-limits.ts";

export interface Tunnel {
  /** False for what is in a tunnel that counts already: it takes no room, and so it makes none. */
  readonly counts?: boolean;
  /** What `underWay` is told of. */
  readonly key: object;
  /** It ends when it is idle for long: those whose end is nobody else's business. */
  readonly endsIdle: boolean;
  readonly close: (why: string) => void;
}

/** A tunnel's place among those that are open. */
export interface Room {
  /** Something moved: it is not idle now. */
  touch(): void;
  leave(): void;
}

export interface OpenTunnels {
  readonly limits: TunnelLimits;
  /** The refusal when all of them are busy. */
  enter(tunnel: Tunnel): Room | Refusal;
  /** Something happens in it although nothing may move, such as a held request: it does not make room until that is over. */
  underWay(key: object): () => void;
}

interface Entry extends Tunnel {
  readonly since: number;
  /** When something moved last. */
  active: number;
}

export function openTunnels(limits: TunnelLimits = TUNNEL_LIMITS): OpenTunnels {
  const entries = new Set<Entry>();
  const busy = new WeakMap<object, number>();
  let counted = 0;
  let looking: NodeJS.Timeout | undefined;

  const leave = (entry: Entry): void => {
    if (entries.delete(entry) && entry.counts !== false) counted -= 1;
    if (entries.size > 0) return;
    clearInterval(looking);
    looking = undefined;
  };
  const close = (entry: Entry, why: string): void => {
    leave(entry);
    entry.close(why);
  };
  const closeOverdue = (): void => {
    const now = performance.now();
    for (const entry of entries) {
      if (now - entry.since > limits.totalMs) close(entry, `open for ${inWords(limits.totalMs)}`);
      else if (entry.endsIdle && now - entry.active > limits.idleMs) close(entry, `idle for ${inWords(limits.idleMs)}`);
    }
  };
  const makeRoom = (): boolean => {
    let idlest: Entry | undefined;
    for (const entry of entries) {
      if (entry.counts === false) continue;
      if ((busy.get(entry.key) ?? 0) === 0 && (idlest === undefined || entry.active < idlest.active)) idlest = entry;
    }
    if (idlest !== undefined) close(idlest, "it was idle for longest, and another one needed the room");
    return idlest !== undefined;
  };

  return {
    limits,
    enter(tunnel) {
      const now = performance.now();
      const counts = tunnel.counts !== false;
      if (counts && counted >= limits.most && !makeRoom()) return tooMany(limits.most);
      const entry: Entry = { ...tunnel, since: now, active: now };
      entries.add(entry);
      if (counts) counted += 1;
      looking ??= setInterval(closeOverdue, limits.lookMs).unref();
      return { touch: () => void (entry.active = performance.now()), leave: () => leave(entry) };
    },
    underWay(key) {
      busy.set(key, (busy.get(key) ?? 0) + 1);
      return () => void busy.set(key, (busy.get(key) ?? 1) - 1);
    },
  };
}

function tooMany(most: number): Refusal {
  const reason = `${most} tunnels are open already, and there is something under way in each of them`;
  return { status: 503, code: "limit_reached", rule: "tunnels", reason };
}

function inWords(ms: number): string {
  if (ms >= 3_600_000) return `${Math.round(ms / 3_600_000)} hours`;
  return ms >= 60_000 ? `${Math.round(ms / 60_000)} minutes` : `${Math.round(ms / 1000)} seconds`;
}
