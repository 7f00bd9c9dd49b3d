// A request to an upstream server over HTTP/2.

import type { ClientHttp2Stream, OutgoingHttpHeaders } from "node:http2";

import { type Again, type Answer, type Call, type CallEvents, MOST_INTERIM, type Outgoing } from "../call.ts";
import { pump } from "../pump.ts";
import type { Connection } from "./connection.ts";
import { http2 } from "./load.ts";
import { headerFields } from "./response-head.ts";

export function http2Call(connection: Connection, outgoing: Outgoing, on: CallEvents): Call {
  const { body } = outgoing;
  const reused = connection.requests > 0;
  let over = false;
  const settle = (tell: () => void): void => {
    if (over) return;
    over = true;
    tell();
  };
  const stream = connection.session.request(requestHeaders(outgoing), { endStream: body === undefined });
  connection.requests += 1;
  connection.streams += 1;
  let trailers: readonly string[] = [];
  stream.once("response", (_headers, _flags, rawHeaders: string[]) =>
    settle(() => on.answered(answerOf(stream, rawHeaders, () => trailers))),
  );
  let interim = 0;
  stream.on("headers", () => {
    interim += 1;
    if (interim > MOST_INTERIM) stream.destroy(new Error("the server sent interim answers without end"));
  });
  stream.once("trailers", (_headers, _flags, rawTrailers: string[]) => (trailers = rawTrailers));
  stream.on("error", (error) => settle(() => on.failed(error, again(stream, reused))));
  stream.once("close", () => {
    connection.streams -= 1;
    settle(() => on.failed(new Error(`the server ended the stream (${stream.rstCode})`), again(stream, reused)));
  });
  if (Buffer.isBuffer(body)) stream.end(body);
  else if (body !== undefined) pump(body, stream);
  return {
    destroy() {
      over = true;
      stream.destroy(new Error("cut")); // `close()` would end the body first, as if it were whole
    },
  };
}

function requestHeaders({ to, forward, headers, body, length }: Outgoing): OutgoingHttpHeaders {
  const bytes = Buffer.isBuffer(body) ? body.length : length;
  return {
    ":method": to.method,
    ":scheme": to.scheme,
    ":authority": to.port === 443 ? to.host : `${to.host}:${to.port}`,
    ":path": forward,
    ...headerFields(headers),
    te: "trailers",
    ...(body === undefined || bytes === undefined ? {} : { "content-length": String(bytes) }),
  };
}

function answerOf(stream: ClientHttp2Stream, rawHeaders: readonly string[], trailers: () => readonly string[]): Answer {
  const status = rawHeaders[rawHeaders.indexOf(":status") + 1];
  return {
    status: Number(status ?? 502),
    rawHeaders: rawHeaders.filter((_, index) => rawHeaders[index - (index % 2)]?.startsWith(":") !== true),
    body: stream,
    trailers,
    complete: () => stream.readableEnded,
  };
}

/** A refused stream, and one beyond what a GOAWAY names, was not begun on (RFC 9113, 8.7). */
function again({ rstCode }: ClientHttp2Stream, reused: boolean): Again {
  if (rstCode === http2().constants.NGHTTP2_REFUSED_STREAM) return "any";
  return reused ? "idempotent" : "never";
}
