// One request to an upstream server, whatever the protocol.

import type { Readable } from "node:stream";

import type { TableRoute } from "#domain/egress/route.ts";

import type { Destination } from "../policy/parse-request.ts";

export interface Outgoing {
  readonly to: Destination;
  readonly route: TableRoute;
  /** Path and query. */
  readonly forward: string;
  /** Without `Host` and without framing. */
  readonly headers: readonly string[];
  /** It is read when the connection is there. */
  readonly body: Buffer | Readable | undefined;
  /** Of a body that is a stream, when it is known. */
  readonly length: number | undefined;
  /** What the client speaks: HTTP/2 is tried where the client could use it. */
  readonly protocol: "http/1.1" | "h2";
}

export interface Call {
  /** Gives it up; nothing is said of it any more. */
  destroy(): void;
}

/** Exactly one of both is called, once, unless the call is destroyed before. */
export interface CallEvents {
  readonly answered: (answer: Answer) => void;
  readonly failed: (error: Error, again: Again) => void;
}

/**
 * Whether the same request may be sent once more. `any`: the server has certainly not begun on it. `idempotent`: a kept
 * connection turned out to be closed, most likely before the request reached anybody, but nobody can know.
 */
export type Again = "any" | "idempotent" | "never";

/** Interim answers (1xx) are thrown away; a server that sends more before its answer has failed. */
export const MOST_INTERIM = 32;

export interface Answer {
  readonly status: number;
  readonly rawHeaders: readonly string[];
  /** Fails, or closes without an end, when the answer is not whole. */
  readonly body: Readable;
  /** Known once the body has ended. */
  readonly trailers: () => readonly string[];
  /** The whole of it was received. */
  readonly complete: () => boolean;
}
