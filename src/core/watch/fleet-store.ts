// The fleet as it stands, and who wants to know when it changes.

import type { FleetEvent } from "#domain/fleet/event.ts";
import type { Fleet } from "#domain/fleet/fleet.ts";
import { canBecomeStale, emptyFleet, passTime, reduceFleet } from "#domain/fleet/reduce.ts";

export interface FleetStore {
  fleet(): Fleet;
  dispatch(event: FleetEvent): void;
  subscribe(changed: () => void): () => void;
}

/** One clock for all bottles, which stands still while no state can become unknown by itself. */
const TICK_MS = 5000;

export function createFleetStore(now: () => Date, tickMs = TICK_MS): FleetStore {
  let fleet = emptyFleet;
  let ticking: NodeJS.Timeout | undefined;
  const listeners = new Set<() => void>();
  const become = (next: Fleet): void => {
    if (next === fleet) return;
    fleet = next;
    if (ticking === undefined && canBecomeStale(fleet)) ticking = setInterval(tick, tickMs).unref();
    for (const changed of listeners) changed();
  };
  const tick = (): void => {
    become(passTime(fleet, now()));
    if (canBecomeStale(fleet)) return;
    clearInterval(ticking);
    ticking = undefined;
  };
  return {
    fleet: () => fleet,
    dispatch: (event) => become(reduceFleet(fleet, event, now())),
    subscribe(changed) {
      listeners.add(changed);
      return () => listeners.delete(changed);
    },
  };
}
