// Connections to upstream servers: which protocol a request goes out by, and on which of the connections that are kept.

import type { Call, CallEvents, Outgoing } from "./call.ts";
import { type Dial, type DialOptions, type Dialler, openDialler } from "./dial.ts";
import { type Http1Agents, openHttp1Agents } from "./http1/agents.ts";
import { http1Call, http1Headers } from "./http1/call.ts";
import { http2Call } from "./http2/call.ts";
import type { Connection } from "./http2/connection.ts";
import { type Http2Sessions, openHttp2Sessions } from "./http2/sessions.ts";
import { newKey, upgradeHeaders } from "./websocket/handshake.ts";
import { upgradeCall, type UpgradeEvents } from "./websocket/upgrade-call.ts";

export { AddressRefused, checkedLookup, type Resolve } from "./checked-lookup.ts";

export interface Upstream {
  /** Fails with AddressRefused, ConnectTimeout or the network's error. */
  call(outgoing: Outgoing, on: CallEvents): Call;
  /** Asks for a WebSocket, by HTTP/1.1; fails in the same ways. */
  upgrade(outgoing: Outgoing, protocols: readonly string[], on: UpgradeEvents): Call;
  /** Where connections go, for tunnels that make their own. */
  readonly dial: Dialler;
  /** After the table changed: idle connections are closed, busy ones when they are done. */
  renew(): void;
  close(): void;
}

export function openUpstream(options: DialOptions): Upstream {
  const dial = openDialler(options);
  const agents = openHttp1Agents();
  const sessions = openHttp2Sessions();
  return {
    dial,
    call(outgoing, on) {
      const where = dial(outgoing.to, outgoing.route);
      return outgoing.protocol === "h2" && where.scheme === "https"
        ? callByEither(where, outgoing, on, sessions, agents)
        : callByHttp1(where, outgoing, on, agents);
    },
    upgrade(outgoing, protocols, on) {
      const { to, route, forward } = outgoing;
      const key = newKey();
      const headers = [...http1Headers(outgoing), ...upgradeHeaders(key)];
      const request = agents.request(dial(to, route), { method: to.method, path: forward, headers });
      return upgradeCall(request, outgoing, { key, protocols }, on);
    },
    renew() {
      agents.renew();
      sessions.renew();
    },
    close() {
      agents.close();
      sessions.close();
    },
  };
}

function callByHttp1(dial: Dial, outgoing: Outgoing, on: CallEvents, agents: Http1Agents): Call {
  const { to, forward } = outgoing;
  const options = { method: to.method, path: forward, headers: http1Headers(outgoing) };
  return http1Call(agents.request(dial, options), outgoing, on);
}

/** By HTTP/2 where the server speaks it. */
function callByEither(
  dial: Dial,
  outgoing: Outgoing,
  on: CallEvents,
  sessions: Http2Sessions,
  agents: Http1Agents,
): Call {
  let call: Call | undefined;
  let given = false;
  const go = (connection: Connection | undefined): void => {
    if (given) return;
    call = connection === undefined ? callByHttp1(dial, outgoing, on, agents) : http2Call(connection, outgoing, on);
  };
  sessions
    .connectionTo(dial)
    .then(go)
    .catch((error: Error) => {
      if (!given) on.failed(error, "never");
    });
  return {
    destroy() {
      given = true;
      call?.destroy();
    },
  };
}
