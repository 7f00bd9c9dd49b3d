// One connection to an upstream server over HTTP/2, and how it ends: when nobody uses it, or when its server does not
// answer any more.

import type { ClientHttp2Session, SecureClientSessionOptions } from "node:http2";
import type { TLSSocket } from "node:tls";

import { ConnectTimeout } from "../checked-lookup.ts";
import { http2 } from "./load.ts";

export interface Connection {
  readonly session: ClientHttp2Session;
  /** Under way. */
  streams: number;
  /** In all. */
  requests: number;
}

const LOOK_MS = 20_000;
const STREAM_WINDOW = 262_144;
const SESSION_WINDOW = 1_048_576;
const OPTIONS: SecureClientSessionOptions & Record<string, unknown> = {
  maxHeaderListPairs: 2000,
  maxSessionInvalidFrames: 20,
  settings: { enablePush: false, initialWindowSize: STREAM_WINDOW, maxHeaderListSize: 65_536 },
};

export function openConnection(servername: string, socket: TLSSocket): Connection {
  const session = http2().connect(`https://${servername}`, { ...OPTIONS, createConnection: () => socket });
  session.on("error", () => {}); // its streams fail with it, and say so
  session.once("connect", () => session.setLocalWindowSize(SESSION_WINDOW));
  const connection: Connection = { session, streams: 0, requests: 0 };
  watch(connection);
  return connection;
}

export function isUsable({ session }: Connection): boolean {
  return !session.closed && !session.destroyed;
}

/** A ping is sent while requests are under way; one that has not come back by the next look ends the connection. */
function watch(connection: Connection): void {
  const { session } = connection;
  let idle = false;
  let unanswered = false;
  const look = (): void => {
    if (unanswered) return session.destroy(new ConnectTimeout("the server does not answer any more"));
    if (connection.streams === 0) {
      if (idle) session.close();
      idle = true;
      return;
    }
    idle = false;
    unanswered = session.ping(() => (unanswered = false));
  };
  const timer = setInterval(look, LOOK_MS).unref();
  session.once("close", () => clearInterval(timer));
}
