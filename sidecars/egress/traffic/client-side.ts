// What an exchange knows of its client, whatever the protocol: a request to read and an answer to write.

import type { Readable, Writable } from "node:stream";

import type { ExchangeInspection } from "../inspection/inspection.ts";
import type { Refusal } from "../policy/refusal.ts";
import type { Switched } from "./websocket/upgrade-call.ts";

export interface ClientSide {
  readonly protocol: "http/1.1" | "h2";
  readonly method: string;
  /** The request line's second word; `:path` of HTTP/2. */
  readonly target: string;
  /** Names and values in turn. Of HTTP/2 with `Host` in place of the pseudo-headers. */
  readonly rawHeaders: readonly string[];
  /** Undefined when the request has none. Whoever waits for "100 Continue" is told to go on at the first read. */
  readonly body: Readable | undefined;
  /** Of the body, when the client said it. */
  readonly length: number | undefined;
  /** It sends the body after "100 Continue", or perhaps all the same. */
  readonly expectsContinue: boolean;
  /** Set where it asks for a WebSocket; `switched` when it has got one. */
  readonly webSocket?: { readonly protocols: readonly string[]; readonly switched: (switching: Switching) => void };
  /** Of the answer's head; 0 until it is written. */
  readonly status: number;
  /** The whole answer has been handed over. */
  readonly finished: boolean;
  /** No answer can reach it any more. */
  readonly gone: boolean;
  /** Once, when the exchange is over, one way or the other. */
  onClose(listener: () => void): void;
  /** Writes the answer's head; throws when it cannot be said in this protocol. */
  head(status: number, headers: readonly string[]): void;
  /** Takes the answer's body once its head is written. */
  readonly sink: Writable;
  /** Before `sink.end()`. */
  trailers(rawTrailers: readonly string[]): void;
  /** Our own answer, whole. `last`: nothing more is read from this client (of HTTP/2: of this stream). */
  answer(status: number, headers: readonly string[], body: string, last: boolean): void;
  /** Closes without an end that could be taken for the end of the answer. */
  cut(): void;
}

/** What a WebSocket is carried by, once the server has agreed to it. */
export interface Switching {
  readonly server: Switched;
  /** Of the server's answer, those that may be passed on. */
  readonly headers: readonly string[];
  readonly inspect: ExchangeInspection["message"];
  readonly moved: (up: number, down: number) => void;
  /** A message was not let through. */
  readonly refused: (refusal: Refusal) => void;
  /** It is closed for another reason than that one side wanted it. */
  readonly closed: (why: string) => void;
}
