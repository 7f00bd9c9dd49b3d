// A request to an upstream server over HTTP/1.1, on a connection that may have been kept.

import type { ClientRequest, IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Readable } from "node:stream";

import { type Again, type Answer, type Call, type CallEvents, MOST_INTERIM, type Outgoing } from "../call.ts";
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

/** Takes over the connection of a request whose server changed the protocol. */
export type Upgraded = (incoming: IncomingMessage, socket: Socket, head: Buffer) => void;

/** `request` has its head; the body is sent here. Without `upgraded`, a server that changes the protocol has failed. */
export function http1Call(request: ClientRequest, { body, length }: Sent, on: CallEvents, upgraded?: Upgraded): Call {
  let over = false;
  let interim = 0;
  const settle = (tell: () => void): void => {
    if (over) return;
    over = true;
    tell();
  };
  const fail = (why: string): void => settle(() => on.failed(new Error(why), "never"));
  request.once("response", (incoming) => {
    if (incoming.statusCode !== 101) return settle(() => on.answered(answerOf(incoming)));
    fail("the server said that it switches the protocol, but not to which");
    request.destroy();
  });
  request.once("upgrade", (incoming, socket, head) => {
    if (upgraded !== undefined) return settle(() => upgraded(incoming, socket, head));
    socket.destroy();
    fail("the server switched to another protocol, which nobody asked for");
  });
  request.on("information", () => {
    interim += 1;
    if (interim <= MOST_INTERIM) return;
    fail("the server sent interim answers without end");
    request.destroy();
  });
  request.on("error", (error) => settle(() => on.failed(error, again(request, error))));
  request.once("close", () => fail("the server closed the connection without an answer"));
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
