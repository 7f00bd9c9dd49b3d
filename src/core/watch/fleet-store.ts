// The fleet as it stands, and who wants to know when it changes.

import type { FleetEvent } from "#domain/fleet/event.ts";
import type { Fleet } from "#domain/fleet/fleet.ts";
import { emptyFleet, reduceFleet } from "#domain/fleet/reduce.ts";

export interface FleetStore {
  fleet(): Fleet;
  dispatch(event: FleetEvent): void;
  subscribe(changed: () => void): () => void;
}

export function createFleetStore(now: () => Date): FleetStore {
  let fleet = emptyFleet;
  const listeners = new Set<() => void>();
  return {
    fleet: () => fleet,
    dispatch(event) {
      const next = reduceFleet(fleet, event, now());
      if (next === fleet) return;
      fleet = next;
      for (const changed of listeners) changed();
    },
    subscribe(changed) {
      listeners.add(changed);
      return () => listeners.delete(changed);
    },
  };
}
