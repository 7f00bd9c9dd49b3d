// Finds spellings in bytes, several gigabytes a second where there are none: a table of byte pairs says how far the next one
// can be (Wu and Manber), so that most bytes are never looked at; escapes are looked for one by one.

import {
  AMPERSAND,
  BACKSLASH,
  LEAST_BEFORE_BREAK,
  LINE_FEED,
  lineEnd,
  LONGEST_ESCAPE,
  NOT_ESCAPED,
  PERCENT,
  readEscape,
  readEscaped,
  UNFINISHED,
} from "./escapes.ts";

/** Bytes that must be masked; `end` is exclusive. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

export interface Finder {
  /** By no order; they may overlap. */
  find(data: Buffer): readonly Range[];
  /** From where on `data` may be the beginning of a spelling that what follows completes; its length when nowhere. */
  pendingFrom(data: Buffer): number;
}

const PAIRS = 1 << 13;

export function createFinder(all: readonly Uint8Array[]): Finder {
  const window = Math.min(...all.map(({ length }) => length));
  const { shifts, endingIn } = pairTable(all, window);
  const places = placesOfBytes(all);
  const pairs = pairsWithin(all);
  const starting = byFirstByte(all);
  const isStart = Uint8Array.from(starting, (some, byte) =>
    some.length > 0 || byte === PERCENT || byte === BACKSLASH || byte === AMPERSAND ? 1 : 0,
  );
  const longest = Math.max(...all.map(({ length }) => length)) * LONGEST_ESCAPE;

  function findPlain(data: Buffer, found: Range[]): void {
    const last = data.length - 1;
    for (let at = window - 2; at < last;) {
      const pair = pairOf(data[at] as number, data[at + 1] as number);
      const shift = shifts[pair] as number;
      if (shift > 0) {
        at += shift;
        continue;
      }
      const start = at - (window - 2);
      for (const spelling of endingIn.get(pair) ?? []) {
        if (startsWith(data, start, spelling)) found.push({ start, end: start + spelling.length });
      }
      at += 1;
    }
  }

  /** Of a spelling with escapes, the first escape is found, and what stands before it is plain. */
  function findEscaped(data: Buffer, escape: number, found: Range[]): void {
    for (let at = data.indexOf(escape); at !== -1; at = data.indexOf(escape, at + 1)) {
      const unit = readEscape(data, at, data.length);
      if (unit < 0) continue;
      for (const { spelling, index } of places[unit & 0xff] ?? []) {
        if (at < index || !endsWith(data, at, spelling, index)) continue;
        const end = readEscaped(data, at, data.length, spelling, index);
        if (end >= 0) found.push({ start: at - index, end });
      }
    }
  }

  /** Of a spelling over several lines, the end of the first one is found. */
  function findBroken(data: Buffer, mark: number, found: Range[]): void {
    for (let at = data.indexOf(mark); at !== -1; at = data.indexOf(mark, at + 1)) {
      const length = lineEnd(data, at);
      if (length <= 0) continue;
      const before = mark === LINE_FEED && data[at - 1] === 0x0d ? at - 1 : at;
      if (before < 2 || pairs[pairOf(data[before - 2] as number, data[before - 1] as number)] === 0) continue;
      for (const { spelling, index: last } of places[data[before - 1] ?? 0] ?? []) {
        const index = last + 1;
        if (
          index < LEAST_BEFORE_BREAK ||
          before < index ||
          index === spelling.length ||
          !endsWith(data, before, spelling, index)
        )
          continue;
        const end = readEscaped(data, at + length, data.length, spelling, index);
        if (end >= 0) found.push({ start: before - index, end });
      }
    }
  }

  function mayBegin(data: Buffer, start: number): boolean {
    const byte = data[start] as number;
    const escape =
      byte === PERCENT || byte === BACKSLASH || byte === AMPERSAND ? readEscape(data, start, data.length) : 0;
    if (escape === UNFINISHED) return true;
    const candidates = starting[byte] as readonly Uint8Array[];
    if (candidates.some((bytes) => goesOn(data, start, bytes))) return true;
    return escape > 0 && (starting[escape & 0xff] as readonly Uint8Array[]).some((bytes) => goesOn(data, start, bytes));
  }

  return {
    find(data) {
      const found: Range[] = [];
      findPlain(data, found);
      for (const escape of [PERCENT, BACKSLASH, AMPERSAND]) findEscaped(data, escape, found);
      for (const mark of [LINE_FEED, BACKSLASH]) findBroken(data, mark, found);
      return found;
    },
    pendingFrom(data) {
      for (let start = Math.max(0, data.length - longest); start < data.length; start += 1) {
        if (isStart[data[start] as number] === 1 && mayBegin(data, start)) return start;
      }
      return data.length;
    },
  };
}

function pairOf(first: number, second: number): number {
  return ((first << 5) ^ second) & (PAIRS - 1);
}

function pairTable(all: readonly Uint8Array[], window: number) {
  const shifts = new Uint8Array(PAIRS).fill(Math.min(255, window - 1));
  const endingIn = new Map<number, Uint8Array[]>();
  for (const spelling of all) {
    for (let index = 0; index + 1 < window; index += 1) {
      const pair = pairOf(spelling[index] ?? 0, spelling[index + 1] ?? 0);
      const shift = window - 2 - index;
      shifts[pair] = Math.min(shifts[pair] ?? 0, shift);
      if (shift === 0) endingIn.set(pair, [...(endingIn.get(pair) ?? []), spelling]);
    }
  }
  return { shifts, endingIn };
}

/** 1 for the pairs that some spelling has. */
function pairsWithin(all: readonly Uint8Array[]): Uint8Array {
  const pairs = new Uint8Array(PAIRS);
  for (const spelling of all)
    for (let index = 0; index + 1 < spelling.length; index += 1)
      pairs[pairOf(spelling[index] ?? 0, spelling[index + 1] ?? 0)] = 1;
  return pairs;
}

/** For each byte value, where spellings have it. */
function placesOfBytes(all: readonly Uint8Array[]) {
  const places: { readonly spelling: Uint8Array; readonly index: number }[][] = Array.from({ length: 256 }, () => []);
  for (const spelling of all) {
    for (const [index, byte] of spelling.entries()) places[byte]?.push({ spelling, index });
  }
  return places;
}

function byFirstByte(all: readonly Uint8Array[]): readonly (readonly Uint8Array[])[] {
  return Array.from({ length: 256 }, (_, byte) => all.filter((spelling) => spelling[0] === byte));
}

/** Whether the data ends before it is known that `bytes` is not at `start`, read with escapes or without. */
function goesOn(data: Buffer, start: number, bytes: Uint8Array): boolean {
  const end = readEscaped(data, start, data.length, bytes, 0);
  if (end === UNFINISHED) return true;
  return end === NOT_ESCAPED && startsWith(data, start, bytes.subarray(0, data.length - start));
}

function startsWith(data: Uint8Array, start: number, bytes: Uint8Array): boolean {
  if (start + bytes.length > data.length) return false;
  for (let index = 0; index < bytes.length; index += 1) if (data[start + index] !== bytes[index]) return false;
  return true;
}

/** Whether the first `length` of `bytes` stand right before `end`. */
function endsWith(data: Uint8Array, end: number, bytes: Uint8Array, length: number): boolean {
  for (let index = 1; index <= length; index += 1) if (data[end - index] !== bytes[length - index]) return false;
  return true;
}
