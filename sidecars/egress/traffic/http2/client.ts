// A client that speaks HTTP/2: one stream is one request.

import type { ServerHttp2Stream } from "node:http2";
import type { Readable, Writable } from "node:stream";

import { afterContinue } from "../after-continue.ts";
import type { ClientSide } from "../client-side.ts";
import { http2 } from "./load.ts";
import { requestHead } from "./request-head.ts";
import { headerFields } from "./response-head.ts";

export class Http2Client implements ClientSide {
  readonly protocol = "h2";
  readonly method: string;
  readonly target: string;
  readonly rawHeaders: readonly string[];
  readonly body: Readable | undefined;
  readonly length: number | undefined;
  readonly expectsContinue: boolean;
  readonly #stream: ServerHttp2Stream;
  #status = 0;
  #trailers: readonly string[] = [];

  constructor(stream: ServerHttp2Stream, rawHeaders: readonly string[]) {
    this.#stream = stream;
    stream.on("error", ignore); // `close` follows and tells
    const { method, target, rawHeaders: headers } = requestHead(rawHeaders);
    this.method = method;
    this.target = target;
    this.rawHeaders = headers;
    const length = Number(valueOf(headers, "content-length") ?? Number.NaN);
    this.expectsContinue = valueOf(headers, "expect") !== undefined;
    if (stream.endAfterHeaders) return;
    this.length = Number.isNaN(length) ? undefined : length;
    this.body = this.expectsContinue ? afterContinue(stream, () => this.#continue()) : stream;
  }

  get status(): number {
    return this.#status;
  }
  get finished(): boolean {
    return this.#stream.writableFinished && !this.#stream.aborted; // Node ends what the client resets
  }
  get gone(): boolean {
    return this.#stream.destroyed || this.#stream.closed;
  }
  get sink(): Writable {
    return this.#stream;
  }
  onClose(listener: () => void): void {
    this.#stream.once("close", listener);
  }
  head(status: number, headers: readonly string[]): void {
    // Waiting for trailers costs a frame of its own at the end. Where a length says when the answer is whole there are none, and
    // clients (curl 7.88) that count bytes take such a late end for a broken connection.
    const waitForTrailers = lengthOf(headers) === undefined;
    this.#stream.respond({ ":status": status, ...headerFields(headers) }, { waitForTrailers });
    this.#status = status;
    if (waitForTrailers) this.#stream.once("wantTrailers", () => this.#sendTrailers());
  }
  trailers(rawTrailers: readonly string[]): void {
    this.#trailers = rawTrailers;
  }
  answer(status: number, headers: readonly string[], body: string): void {
    this.#stream.respond({ ":status": status, ...headerFields(headers) });
    this.#status = status;
    this.#stream.end(body);
    if (this.body !== undefined) this.#stream.close(http2().constants.NGHTTP2_NO_ERROR); // the rest of it is not wanted
  }
  cut(): void {
    this.#stream.destroy(new Error("cut")); // `close()` would end what is open first, as if it were whole
  }

  /** A server's trailers may be such that HTTP/2 cannot say them, as a field that stands twice: nobody else would catch it. */
  #sendTrailers(): void {
    if (this.gone) return;
    try {
      this.#stream.sendTrailers(headerFields(this.#trailers));
    } catch {
      this.cut();
    }
  }

  #continue(): void {
    if (this.#status === 0 && !this.gone) this.#stream.additionalHeaders({ ":status": 100 });
  }
}

function ignore(): void {}

function lengthOf(rawHeaders: readonly string[]): string | undefined {
  const index = rawHeaders.findIndex(
    (text, at) => at % 2 === 0 && text.length === 14 && /^content-length$/i.test(text),
  );
  return index === -1 ? undefined : rawHeaders[index + 1];
}

function valueOf(rawHeaders: readonly string[], name: string): string | undefined {
  const index = rawHeaders.findIndex((text, at) => at % 2 === 0 && text === name);
  return index === -1 ? undefined : rawHeaders[index + 1];
}
