// The last requests of a bottle, bounded by number and by size, outside React: taking one in costs next to nothing.
// A request that is said more of (a held one, a stream, a tunnel) is changed where it stands.

import type { EgressRequest } from "#domain/egress/control.ts";

export interface RequestRow {
  /** Counts all requests taken in; the same request keeps its number. */
  readonly seq: number;
  readonly request: EgressRequest;
}

export interface RequestLimits {
  readonly requests: number;
  /** Of the texts that they bring, in UTF-16 units. */
  readonly size: number;
}

const REQUEST_LIMITS: RequestLimits = { requests: 5000, size: 4_194_304 };

export class RequestRing {
  /** A circle: the request with number n stands in slot n % limits.requests. */
  readonly #slots: (RequestRow | undefined)[] = [];
  readonly #seqs = new Map<number, number>();
  readonly #limits: RequestLimits;
  #first = 0;
  #next = 0;
  #size = 0;

  constructor(limits: RequestLimits = REQUEST_LIMITS) {
    this.#limits = limits;
  }

  /** The number of the oldest request that is kept. */
  get first(): number {
    return this.#first;
  }

  /** The number of the newest one; `first - 1` when there is none. */
  get last(): number {
    return this.#next - 1;
  }

  /** Requests that were pushed out. */
  get dropped(): number {
    return this.#first;
  }

  at(seq: number): RequestRow | undefined {
    return seq < this.#first || seq >= this.#next ? undefined : this.#slots[seq % this.#limits.requests];
  }

  /** Everything that is said of one request goes into one row. */
  push(request: EgressRequest): void {
    const known = this.at(this.#seqs.get(request.id) ?? -1);
    if (known !== undefined && isSame(known.request, request)) return this.#replace(known, request);
    if (this.#next - this.#first === this.#limits.requests) this.#dropFirst();
    this.#slots[this.#next % this.#limits.requests] = { seq: this.#next, request };
    this.#seqs.set(request.id, this.#next);
    this.#next += 1;
    this.#size += sizeOf(request);
    while (this.#size > this.#limits.size && this.#next - this.#first > 1) this.#dropFirst();
  }

  #replace({ seq, request: before }: RequestRow, request: EgressRequest): void {
    // What was said first may come last, when the list of recent ones was asked for meanwhile.
    if (before.open !== true && request.open === true) return;
    this.#slots[seq % this.#limits.requests] = { seq, request };
    this.#size += sizeOf(request) - sizeOf(before);
  }

  #dropFirst(): void {
    const slot = this.#first % this.#limits.requests;
    const row = this.#slots[slot];
    if (row !== undefined) {
      this.#size -= sizeOf(row.request);
      if (this.#seqs.get(row.request.id) === row.seq) this.#seqs.delete(row.request.id);
    }
    this.#slots[slot] = undefined;
    this.#first += 1;
  }
}

/** A proxy that was started anew counts from the beginning: an equal number alone makes no equal request. */
function isSame(a: EgressRequest, b: EgressRequest): boolean {
  return a.at === b.at && a.host === b.host && a.method === b.method && a.path === b.path;
}

function sizeOf({ host, path, rule, findings = [] }: EgressRequest): number {
  return host.length + path.length + rule.length + findings.reduce((sum, each) => sum + each.where.length, 0) + 200;
}
