// How many requests may be under way at once: in all, since each may hold a connection to a server and a body, and on one
// connection of HTTP/1.1, where nobody asks far ahead of the answers. HTTP/2 bounds its streams itself.

import type { Refusal } from "../policy/refusal.ts";
import type { ClientSide } from "./client-side.ts";

export interface UnderWay {
  /** Counts the request until it is over; the refusal where there are too many. `connection` for HTTP/1.1. */
  enter(client: Pick<ClientSide, "onClose">, connection?: object): Refusal | undefined;
  /** As many of its requests as may be wait for their answers. */
  isFarAhead(connection: object): boolean;
}

const MOST = 1024;
const MOST_AHEAD = 16;

export function openUnderWay(most = MOST, mostAhead = MOST_AHEAD): UnderWay {
  const ahead = new WeakMap<object, number>();
  let all = 0;
  return {
    enter(client, connection) {
      const before = connection === undefined ? 0 : (ahead.get(connection) ?? 0);
      if (before >= mostAhead) return tooMany(`${before} requests of this connection wait for their answers already`);
      if (all >= most) return tooMany(`${all} requests of this bottle are under way already`);
      all += 1;
      if (connection !== undefined) ahead.set(connection, before + 1);
      client.onClose(() => {
        all -= 1;
        if (connection !== undefined) ahead.set(connection, (ahead.get(connection) ?? 1) - 1);
      });
      return undefined;
    },
    isFarAhead: (connection) => (ahead.get(connection) ?? 0) >= mostAhead,
  };
}

function tooMany(reason: string): Refusal {
  return { status: 503, code: "limit_reached", rule: "requests under way", reason };
}
