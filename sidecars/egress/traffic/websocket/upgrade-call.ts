// Asks an upstream server for a WebSocket. Its agreement is looked at before anybody relies on it; any other answer is one
// like those to other requests.

import type { ClientRequest } from "node:http";
import type { Socket } from "node:net";

import type { Call, CallEvents, Outgoing } from "../call.ts";
import { http1Call, type Upgraded } from "../http1/call.ts";
import { answerProblem } from "./handshake.ts";

/** The server speaks WebSocket on this connection from here on. */
export interface Switched {
  readonly socket: Socket;
  /** What it has said already. */
  readonly head: Buffer;
  readonly rawHeaders: readonly string[];
}

export interface UpgradeEvents extends CallEvents {
  /** Instead of `answered`. */
  readonly switched: (switched: Switched) => void;
}

/** What the request said: `key` in its head, and the subprotocols that it offered. */
export interface Asked {
  readonly key: string;
  readonly protocols: readonly string[];
}

export function upgradeCall(
  request: ClientRequest,
  outgoing: Outgoing,
  { key, protocols }: Asked,
  on: UpgradeEvents,
): Call {
  let switched = false;
  const upgraded: Upgraded = ({ rawHeaders }, socket, head) => {
    socket.setTimeout(0);
    socket.on("error", () => {}); // `close` follows
    const problem = answerProblem(rawHeaders, key, protocols);
    if (problem === undefined) {
      switched = true;
      return on.switched({ socket, head, rawHeaders });
    }
    socket.destroy();
    on.failed(new Error(`the server did not agree to WebSocket as it must: ${problem}`), "never");
  };
  const call = http1Call(request, outgoing, on, upgraded);
  return {
    destroy() {
      if (switched) return; // it is closed as WebSockets are, by whoever took it over
      call.destroy();
    },
  };
}
