// Connections to upstream servers: which protocol a request goes out by, and on which of the connections that are kept.

import type { Call, CallEvents, Outgoing } from "./call.ts";
import { type DialOptions, type Dialler, openDialler } from "./dial.ts";
import { openHttp1Agents } from "./http1/agents.ts";
import { http1Call, http1Headers } from "./http1/call.ts";

export { AddressRefused, checkedLookup, ConnectTimeout, type Resolve } from "./checked-lookup.ts";

export interface Upstream {
  /** Fails with AddressRefused, ConnectTimeout or the network's error. */
  call(outgoing: Outgoing, on: CallEvents): Call;
  /** Where connections go, for tunnels that make their own. */
  readonly dial: Dialler;
  /** After the table changed: idle connections are closed, busy ones when they are done. */
  renew(): void;
  close(): void;
}

export function openUpstream(options: DialOptions): Upstream {
  const dial = openDialler(options);
  const agents = openHttp1Agents();
  return {
    dial,
    call(outgoing, on) {
      const headers = http1Headers(outgoing);
      const { to, route, forward } = outgoing;
      return http1Call(agents.request(dial(to, route), { method: to.method, path: forward, headers }), outgoing, on);
    },
    renew: () => agents.renew(),
    close: () => agents.close(),
  };
}
