// Finds the secrets in a stream of text bytes: a rolling hash suspects one at its beginning, the whole of it decides.

import { HEAD, isIt, stepOf, type Fingerprint, type Hashes } from "./fingerprint.ts";
import { KINDS, LEAD, NOISE, TEXT } from "./significant.ts";

/** Where the bytes of a secret's text stood; what lies between them is none of it. */
export interface Match {
  readonly name: string;
  readonly places: Float64Array;
}

export interface Known {
  readonly key: Buffer;
  readonly hashes: Hashes;
  readonly byHead: ReadonlyMap<number, readonly Fingerprint[]>;
  /** Of the upper bits of a head's hash, whether any has them: nearly every byte is done with this. */
  readonly filter: Uint8Array;
}

const FILTER_BITS = 12;

export function knownOf(fingerprints: readonly Fingerprint[], key: Buffer, hashes: Hashes): Known {
  const filter = new Uint8Array(1 << FILTER_BITS);
  for (const { head } of fingerprints) filter[head >>> (32 - FILTER_BITS)] = 1;
  return { key, hashes, filter, byHead: Map.groupBy(fingerprints, ({ head }) => head) };
}

interface Candidate {
  readonly of: Fingerprint;
  readonly bytes: Buffer;
  readonly places: Float64Array;
  count: number;
}

/** More at once are not followed: only a text made for it has so many beginnings of secrets in each other. */
const MOST = 64;

export class Candidates {
  private readonly known: Known;
  private readonly matched: (match: Match) => void;
  /** The last HEAD bytes of text, in a ring, with their places, and what each takes from the hash when it leaves. */
  private readonly bytes = new Uint8Array(HEAD);
  private readonly places = new Float64Array(HEAD);
  private readonly leaving = new Int32Array(HEAD);
  private count = 0;
  private hash = 0;
  private active: Candidate[] = [];

  constructor(known: Known, matched: (match: Match) => void) {
    this.known = known;
    this.matched = matched;
  }

  /** Some text is suspected: its beginning was a secret's. */
  get isSuspicious(): boolean {
    return this.active.length > 0;
  }

  /** Another number after each byte of text. */
  get progress(): number {
    return this.count;
  }

  /** The earliest byte at `from` or behind it that may still belong to a match; Infinity for none. */
  earliest(from: number): number {
    let earliest = Number.POSITIVE_INFINITY;
    for (let back = Math.min(this.count, HEAD - 1); back > 0; back -= 1) {
      const place = this.places[(this.count - back) & (HEAD - 1)] as number;
      if (place >= from) earliest = Math.min(earliest, place);
    }
    for (const { places, count } of this.active) {
      const first = places.subarray(0, count).find((place) => place >= from);
      if (first !== undefined) earliest = Math.min(earliest, first);
    }
    return earliest;
  }

  /** A byte of text, and its place in the stream. */
  push(byte: number, at: number): void {
    for (const one of this.active) {
      one.bytes[one.count] = byte;
      one.places[one.count] = at;
      one.count += 1;
    }
    const { factor, values, oldest } = this.known.hashes;
    const slot = this.count & (HEAD - 1);
    this.hash = (Math.imul(this.hash, factor) + (values[byte] as number) - (this.leaving[slot] as number)) | 0;
    this.leaving[slot] = oldest[byte] as number;
    this.bytes[slot] = byte;
    this.places[slot] = at;
    this.count += 1;
    this.doubt();
    this.settle();
    this.suspect();
  }

  /** All of `all` from `from` on until a byte that takes more to tell (LEAD): where that is. The first of it has place `base`. */
  run(all: Buffer, from: number, base: number): number {
    for (let at = from; ; at += 1) {
      if (!this.isSuspicious) at = this.skim(all, at, base);
      const byte = all[at];
      if (byte === undefined || KINDS[byte] === LEAD) return at;
      if (KINDS[byte] === TEXT) this.push(byte, base + at);
    }
  }

  reset(): void {
    this.forget();
    this.active = [];
  }

  /** As `push`, for many bytes while nothing is suspected, up to the first that is not done: nearly all output goes through here. */
  private skim(all: Buffer, from: number, base: number): number {
    const { leaving, bytes, places } = this;
    const { hashes, filter, byHead } = this.known;
    const { factor, values, oldest } = hashes;
    let [sum, count, at] = [this.hash, this.count, from];
    for (; at < all.length; at += 1) {
      const byte = all[at] as number;
      const kind = KINDS[byte] as number;
      if (kind === LEAD) break;
      if (kind === NOISE) continue;
      const slot = count & (HEAD - 1);
      const next = (Math.imul(sum, factor) + (values[byte] as number) - (leaving[slot] as number)) | 0;
      if (filter[next >>> (32 - FILTER_BITS)] === 1 && byHead.has(next)) break; // `push` takes it
      sum = next;
      leaving[slot] = oldest[byte] as number;
      bytes[slot] = byte;
      places[slot] = base + at;
      count += 1;
    }
    this.hash = sum;
    this.count = count;
    return at;
  }

  /** What only began like a secret is let go: much does, as tokens of one service or of one algorithm. */
  private doubt(): void {
    if (this.active.length === 0 || this.count < HEAD) return;
    const step = stepOf(this.hash);
    const goesOn = ({ of, count }: Candidate): boolean => count % HEAD !== 0 || of.steps[count / HEAD - 2] === step;
    if (!this.active.every(goesOn)) this.active = this.active.filter(goesOn);
  }

  private suspect(): void {
    if (this.count < HEAD || this.known.filter[this.hash >>> (32 - FILTER_BITS)] !== 1) return;
    for (const of of this.known.byHead.get(this.hash) ?? []) this.begin(of);
    this.settle();
  }

  private begin(of: Fingerprint): void {
    if (this.active.length >= MOST) return;
    const begun: Candidate = { of, bytes: Buffer.alloc(of.length), places: new Float64Array(of.length), count: HEAD };
    for (let index = 0; index < HEAD; index += 1) {
      const from = (this.count + index) & (HEAD - 1); // the oldest first
      begun.bytes[index] = this.bytes[from] as number;
      begun.places[index] = this.places[from] as number;
    }
    this.active.push(begun);
  }

  /** Those that are complete are told, or were none. A shorter one leaves a longer one that began before it. */
  private settle(): void {
    if (this.active.every((one) => one.count < one.of.length)) return;
    const complete = this.active.filter((one) => one.count === one.of.length);
    this.active = this.active.filter((one) => one.count < one.of.length);
    for (const { of, bytes, places } of complete) {
      if (!isIt(of, bytes, this.known.key)) continue;
      this.matched({ name: of.name, places });
      const start = places[0] as number;
      this.active = this.active.filter((other) => (other.places[0] as number) <= start);
      this.forget();
    }
  }

  private forget(): void {
    this.count = 0;
    this.hash = 0;
    this.leaving.fill(0);
  }
}
