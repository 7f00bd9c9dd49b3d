// Replaces a credential that comes back by stars, as many as it has bytes, so that lengths stay what they were.

import { createFinder, type Range } from "./find-spellings.ts";
import { spellings } from "./spellings.ts";

const STAR = 0x2a;

export interface Masker {
  /** The same buffer where nothing is found. */
  whole(data: Buffer): Buffer;
  /** For headers and trailers: names and values in turn. The same array where nothing is found. */
  headers(headers: readonly string[]): readonly string[];
  /** Of one body. */
  stream(): MaskStream;
}

export interface MaskStream {
  /** Whether anything was masked so far. */
  readonly masked: boolean;
  /**
   * What may go on of all that came so far. Only the beginning of what may be a credential is kept back, and only until
   * the next piece tells: no timer lets it go, or a slow server would get a credential through in pieces. Lines, events and
   * documents do not end in such a beginning, so they are not delayed.
   */
  push(piece: Buffer): Buffer;
  /** What was kept back. */
  end(): Buffer;
}

const kept = new Map<string, Masker>();
/** Each route has one credential, of one or two forms; what is kept is only there to be made once. */
const KEPT = 64;

/** Undefined when no secret is long enough to be one. */
export function maskerOf(secrets: readonly string[]): Masker | undefined {
  if (secrets.length === 0) return undefined;
  const key = secrets.join("\n");
  const known = kept.get(key);
  if (known !== undefined) return known;
  const masker = createMasker(secrets);
  if (masker === undefined) return undefined;
  if (kept.size >= KEPT) kept.clear();
  kept.set(key, masker);
  return masker;
}

function createMasker(secrets: readonly string[]): Masker | undefined {
  const all = spellings(secrets);
  if (all.length === 0) return undefined;
  const finder = createFinder(all);
  const whole = (data: Buffer): Buffer => star(data, finder.find(data), data.length);
  return {
    whole,
    headers(headers) {
      // No value has a line feed in it, so nothing is found across two.
      const text = headers.join("\n");
      const data = Buffer.from(text, "latin1");
      const masked = whole(data);
      return masked === data ? headers : headers.map((value) => whole(Buffer.from(value, "latin1")).toString("latin1"));
    },
    stream() {
      let rest: Buffer = Buffer.alloc(0);
      /** How much of `rest` is in a range that began before it. */
      let maskedOfRest = 0;
      let masked = false;
      const pass = (data: Buffer, isLast: boolean): Buffer => {
        const found = finder.find(data);
        const ranges = maskedOfRest === 0 ? found : [{ start: -1, end: maskedOfRest }, ...found];
        const until = isLast ? data.length : finder.pendingFrom(data);
        masked ||= ranges.some(({ start }) => start < until);
        maskedOfRest = Math.max(0, ...ranges.filter(({ start }) => start < until).map(({ end }) => end - until));
        rest = Buffer.from(data.subarray(until));
        return star(data, ranges, until);
      };
      return {
        get masked() {
          return masked;
        },
        push: (piece) => pass(rest.length === 0 ? piece : Buffer.concat([rest, piece]), false),
        end: () => pass(rest, true),
      };
    },
  };
}

/** The first `end` bytes, with the ranges in stars. */
function star(data: Buffer, ranges: readonly Range[], end: number): Buffer {
  const part = end === data.length ? data : data.subarray(0, end);
  if (ranges.length === 0) return part;
  const copy = Buffer.from(part);
  for (const range of ranges) copy.fill(STAR, Math.min(Math.max(0, range.start), end), Math.min(range.end, end));
  return copy;
}
