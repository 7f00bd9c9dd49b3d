// What is known of the traffic of the selected bottle, as the view's rules may ask about it.

import type { EgressStatus } from "#domain/egress/control.ts";

import { RequestRing } from "./request-ring.ts";

export interface Traffic {
  readonly requests: RequestRing;
  readonly status: EgressStatus | null;
}

export const NO_TRAFFIC_YET: Traffic = { requests: new RequestRing(), status: null };
