// What is done with the content of a request and of its answer: the contract between traffic/ (which moves bytes) and the
// scanners (which look at them).

import type { Readable } from "node:stream";

import type { EgressFinding } from "#domain/egress/control.ts";
import type { TableRoute } from "#domain/egress/route.ts";

import type { ParsedRequest } from "../policy/parse-request.ts";
import type { Refusal } from "../policy/refusal.ts";
import type { Masking } from "./shown.ts";

/** Looks at the content of one bottle's traffic. */
export interface Inspection {
  /** One request that the table lets through by `route`. */
  exchange(about: Inspected): ExchangeInspection;
  /** For whatever is shown or written down of any request, also of one that is refused before anybody inspects it. */
  masking(): Masking | Promise<Masking>;
}

export interface Inspected {
  readonly request: ParsedRequest;
  readonly route: TableRoute;
  /** Values that must not come back to the client: the route's credential in each form that was sent. */
  readonly credential: readonly string[];
  /** Of the request's body, when it is known. */
  readonly length?: number | undefined;
  /** Aborts when the client left. */
  readonly gone: AbortSignal;
  /** Told of each finding as it is made: for the record, the counters and the audit. */
  readonly found: (finding: EgressFinding) => void;
  /** The request's path as it is shown and written down. */
  readonly shownPath: string;
  /** A finding waits for the operator now; called again with false when it does not any more. */
  readonly held: (waiting: boolean) => void;
}

export interface ExchangeInspection {
  /**
   * What may leave, of a request whose headers are `headers` (names and values in turn: the client's own that would go
   * upstream, without the injected credential and without framing). It may read `body` to its end before it answers, and it
   * may wait for the operator. A body that is let through as a stream may still fail later with an InspectionRefused.
   */
  outbound(headers: readonly string[], body: Readable | undefined): Outbound | Promise<Outbound>;
  /** The answer on its way to the client; its stream may fail with an InspectionRefused. */
  inbound(answer: { readonly status: number; readonly headers: readonly string[]; readonly method: string }): Inbound;
  /** One WebSocket message, reassembled and not compressed. */
  message(direction: "outbound" | "inbound", data: Buffer, isBinary: boolean): Promise<MessageVerdict>;
}

export type Outbound =
  | {
      readonly ok: true;
      /** Path and query, as they go upstream. */
      readonly forward: string;
      readonly headers: readonly string[];
      /** A buffer is sent with its length, a stream as it was framed by the client (its length does not change). */
      readonly body: Buffer | Readable | undefined;
    }
  | { readonly ok: false; readonly refusal: Refusal };

export interface Inbound {
  /** Without content-length or content-encoding where the content changes. */
  readonly headers: readonly string[];
  /** Set where the content must be looked at or changed: the answer's body goes through it. Undefined: as it is. */
  readonly through?: (body: Readable) => Readable;
  /** Set beside `through` where each piece can be dealt with at once; cheaper than a stream, for use instead of it. */
  readonly filter?: () => BodyFilter;
  /**
   * Set, instead of `through`, where the verdict must be there before the head goes out: no byte may be sent until it
   * answers, and then its headers are sent and not those above. It never rejects; it reads `body` to its end or destroys it.
   */
  readonly hold?: (body: Readable) => Promise<Held>;
  /** Set where trailers must be changed: names and values in turn. */
  readonly trailers?: (trailers: readonly string[]) => readonly string[];
  /** The answer is not to be sent at all (a body that cannot be decoded): the caller destroys the body. */
  readonly refusal?: Refusal;
}

/** The body's pieces in order; each answer is what goes on now, and may be empty. Both may throw an InspectionRefused. */
export interface BodyFilter {
  push(piece: Buffer): Buffer;
  end(): Buffer;
}

/** A buffer is sent with its length (it is in `headers`), a stream goes on and may still fail with an InspectionRefused. */
export type Held =
  | { readonly ok: true; readonly headers: readonly string[]; readonly body: Buffer | Readable }
  | { readonly ok: false; readonly refusal: Refusal };

export type MessageVerdict =
  | { readonly ok: true; readonly data: Buffer }
  | { readonly ok: false; readonly refusal: Refusal };

/** A stream that was let begin and must not go on. */
export class InspectionRefused extends Error {
  override readonly name = "InspectionRefused";
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.reason);
    this.refusal = refusal;
  }
}

/** Looks at nothing: for tests of the traffic alone. */
export const inspectNothing: Inspection = {
  exchange: ({ request }) => ({
    outbound: (headers, body) => ({ ok: true, forward: request.forward, headers, body }),
    inbound: ({ headers }) => ({ headers }),
    message: async (_direction, data) => ({ ok: true, data }),
  }),
  masking: () => ({ text: (text) => text, host: (host) => host, secretInHost: () => undefined }),
};
