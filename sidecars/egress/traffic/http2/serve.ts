// One HTTP/2 connection of a client, within its tunnel: each stream is an exchange, and whoever abuses the protocol loses
// the connection.

import type { ServerHttp2Session, SessionOptions } from "node:http2";
import type { TLSSocket } from "node:tls";

import type { Refusal } from "../../policy/refusal.ts";
import { Http2Client } from "./client.ts";
import { http2 } from "./load.ts";
import { headerListSize } from "./request-head.ts";

export interface Served {
  /** One request; the second argument refuses it unread. */
  readonly request: (client: Http2Client, refusal: Refusal | undefined) => void;
  /** The connection was closed for what was sent on it. */
  readonly broken: (error: Error) => void;
}

const MOST_HEADER_BYTES = 65_536;
const IDLE_MS = 65_000;
const STREAM_WINDOW = 262_144;
const SESSION_WINDOW = 1_048_576;

const OPTIONS: SessionOptions & Record<string, unknown> = {
  maxSessionInvalidFrames: 20,
  maxSessionRejectedStreams: 50,
  maxHeaderListPairs: 2000,
  maxOutstandingPings: 10,
  maxSettings: 32,
  streamResetBurst: 200,
  streamResetRate: 33,
  settings: {
    enablePush: false,
    enableConnectProtocol: false,
    maxConcurrentStreams: 100,
    maxHeaderListSize: 2 * MOST_HEADER_BYTES, // what is larger still is reset by Node, without an answer
    initialWindowSize: STREAM_WINDOW,
  },
};

/** Returns how to end it: with a GOAWAY, and whatever is under way is cut. */
export function serveHttp2(secure: TLSSocket, { request, broken }: Served): () => void {
  const { performServerHandshake, constants } = http2();
  // HTTP/2 waits for the handshake as long as this is set, and Node clears it only where its own TLS server made the socket.
  Reflect.set(secure, "secureConnecting", false);
  const session: ServerHttp2Session = performServerHandshake(secure, OPTIONS);
  session.once("connect", () => session.setLocalWindowSize(SESSION_WINDOW));
  session.on("stream", (stream, _headers, _flags, rawHeaders?: string[]) => {
    const raw = rawHeaders ?? [];
    request(new Http2Client(stream, raw), headerListSize(raw) > MOST_HEADER_BYTES ? tooLarge() : undefined);
  });
  session.on("error", broken);
  // The proxy's sockets may be half open, which HTTP/1.1 needs; an HTTP/2 session would never notice that its client left.
  secure.once("end", () => secure.destroy());
  endIdle(session);
  return () => {
    session.close(); // or the socket would be closed before the GOAWAY is out
    session.destroy(new Error("taken back"), constants.NGHTTP2_NO_ERROR);
  };
}

/** A connection without a stream ends by itself; a silent stream is somebody's event stream. */
function endIdle(session: ServerHttp2Session): void {
  let streams = 0;
  let timer: NodeJS.Timeout | undefined;
  const wait = (): void => void (timer = setTimeout(() => session.close(), IDLE_MS).unref());
  wait();
  session.on("stream", (stream) => {
    streams += 1;
    clearTimeout(timer);
    stream.once("close", () => {
      streams -= 1;
      if (streams === 0 && !session.closed) wait();
    });
  });
  session.once("close", () => clearTimeout(timer));
}

function tooLarge(): Refusal {
  const reason = `the headers are larger than ${MOST_HEADER_BYTES} bytes`;
  return { status: 431, code: "bad_request", rule: "plain HTTP/2", reason };
}
