// A request to an upstream server over HTTP/1.1, on a connection that may have been kept.

import type { ClientRequest, IncomingMessage } from "node:http";
import type { Readable } from "node:stream";

import type { Again, Answer, Call, CallEvents, Outgoing } from "../call.ts";
import { pump } from "../pump.ts";

type Sent = Pick<Outgoing, "to" | "headers" | "body" | "length">;

/** `Host`, the headers and the framing, as names and values in turn: written anew from what was checked. */
export function http1Headers({ to, headers, body, length }: Sent): string[] {
  const { scheme, host, port } = to;
  const usual = port === (scheme === "https" ? 443 : 80);
  return ["Host", usual ? host : `${host}:${port}`, ...headers, ...framing(to.method, body, length)];
}

function framing(method: string, body: Buffer | Readable | undefined, length: number | undefined): string[] {
  if (Buffer.isBuffer(body)) return ["Content-Length", String(body.length)];
  if (body !== undefined)
    return length === undefined ? ["Transfer-Encoding", "chunked"] : ["Content-Length", String(length)];
  return method === "POST" || method === "PUT" || method === "PATCH" ? ["Content-Length", "0"] : [];
}

/** `request` has its head; the body is sent here. */
export function http1Call(request: ClientRequest, { body, length }: Sent, on: CallEvents): Call {
  let over = false;
  request.once("response", (incoming) => {
    if (over) return;
    over = true;
    on.answered(answerOf(incoming));
  });
  request.on("error", (error) => {
    if (over) return;
    over = true;
    on.failed(error, again(request, error));
  });
  if (body === undefined || Buffer.isBuffer(body)) request.end(body);
  else {
    if (length === undefined) request.flushHeaders(); // with a length, head and first bytes go out in one packet
    pump(body, request);
  }
  return {
    destroy() {
      over = true;
      request.destroy();
    },
  };
}

function answerOf(incoming: IncomingMessage): Answer {
  return {
    status: incoming.statusCode ?? 502,
    rawHeaders: incoming.rawHeaders,
    body: incoming,
    trailers: () => incoming.rawTrailers,
    complete: () => incoming.complete,
  };
}

function again({ reusedSocket }: ClientRequest, error: Error): Again {
  return reusedSocket && "code" in error && (error.code === "ECONNRESET" || error.code === "EPIPE")
    ? "idempotent"
    : "never";
}
