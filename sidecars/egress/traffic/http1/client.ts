// A client that speaks HTTP/1.1.

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Readable, Writable } from "node:stream";

import { afterContinue } from "../after-continue.ts";
import type { ClientSide } from "../client-side.ts";

export class Http1Client implements ClientSide {
  readonly protocol = "http/1.1";
  readonly method: string;
  readonly target: string;
  readonly rawHeaders: readonly string[];
  readonly body: Readable | undefined;
  readonly length: number | undefined;
  readonly expectsContinue: boolean;
  readonly #incoming: IncomingMessage;
  readonly #response: ServerResponse;

  constructor(incoming: IncomingMessage, response: ServerResponse) {
    this.#incoming = incoming;
    this.#response = response;
    response.sendDate = false;
    response.on("error", ignore); // `close` follows and tells
    this.method = incoming.method ?? "";
    this.target = incoming.url ?? "";
    this.rawHeaders = incoming.rawHeaders;
    const { expect, "transfer-encoding": encoding, "content-length": length } = incoming.headers;
    this.expectsContinue = expect !== undefined;
    const bytes = encoding === undefined ? Number(length ?? 0) : undefined;
    this.length = bytes === 0 ? undefined : bytes;
    if (bytes === 0) return;
    this.body = this.expectsContinue ? afterContinue(incoming, () => sayContinue(response)) : incoming;
  }

  get status(): number {
    return this.#response.headersSent ? this.#response.statusCode : 0;
  }
  get finished(): boolean {
    return this.#response.writableFinished;
  }
  get gone(): boolean {
    return this.#response.destroyed;
  }
  get sink(): Writable {
    return this.#response;
  }
  onClose(listener: () => void): void {
    this.#response.once("close", listener);
  }
  head(status: number, headers: readonly string[]): void {
    this.#response.writeHead(status, headers as string[]); // with Node's words: the server's could repeat a credential
    if (!hasLength(headers)) flushSoon(this.#response);
  }
  trailers(rawTrailers: readonly string[]): void {
    if (!this.#response.chunkedEncoding) return;
    const pairs: [string, string][] = [];
    for (let index = 0; index + 1 < rawTrailers.length; index += 2)
      pairs.push([rawTrailers[index] ?? "", rawTrailers[index + 1] ?? ""]);
    this.#response.addTrailers(pairs);
  }
  answer(status: number, headers: readonly string[], body: string, last: boolean): void {
    this.#response.writeHead(status, last ? [...headers, "connection", "close"] : (headers as string[]));
    this.#response.end(body);
    // What is left of the request is read and thrown away: that its client has gone would not be noticed otherwise, since
    // after one failed write Node's TLS never finishes another.
    this.#incoming.resume();
  }
  cut(): void {
    this.#response.destroy();
  }
}

function ignore(): void {}

function sayContinue(response: ServerResponse): void {
  if (!response.headersSent) response.writeContinue();
}

function hasLength(headers: readonly string[]): boolean {
  return headers.some((name, index) => index % 2 === 0 && name.length === 14 && /^content-length$/i.test(name));
}

/** An event stream shows its head at once: together with what follows in the same turn of the event loop. */
function flushSoon(response: ServerResponse): void {
  const { socket } = response;
  socket?.cork();
  response.flushHeaders();
  setImmediate(() => socket?.uncork());
}
