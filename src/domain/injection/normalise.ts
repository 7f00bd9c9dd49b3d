// A window of an answer as an agent would read it: UTF-8, JSON escapes and HTML references decoded, tags taken out, letters
// folded, white space made one space.

import { fold } from "./fold.ts";

/** A character: its code point and how many bytes wrote it. */
interface Unit {
  readonly codePoint: number;
  readonly length: number;
}

/** No tag that is taken out is longer. */
const LONGEST_TAG = 300;

export type Tags = "out" | "in";

export interface Normalised {
  readonly text: string;
  /** How many bytes of tags were taken out. */
  readonly tagBytes: number;
}

/** `tags` are taken out, which also takes out what their attributes say. */
export function normalise(data: Uint8Array, from: number, to: number, tags: Tags): Normalised {
  const { length, tagBytes } = read(data, from, to, tags, MOST);
  return {
    text: String.fromCharCode.apply(undefined, characters.subarray(0, length) as unknown as number[]),
    tagBytes,
  };
}

/** Where in `data` the characters from `start` to `end` of the normalised text stand. */
export function placeOf(data: Uint8Array, from: number, to: number, tags: Tags, start: number, end: number) {
  return { start: read(data, from, to, tags, start + 1).before, end: read(data, from, to, tags, end).at };
}

/** Of one window; what folds to several characters needs room for more than a window has bytes. */
const MOST = 4096;
const characters = new Uint16Array(MOST + 32);

/** Stops when `most` characters are there: `at` is after what made the last of them, `before` before it. */
function read(data: Uint8Array, from: number, to: number, tags: Tags, most: number) {
  let length = 0;
  let tagBytes = 0;
  let spaced = true;
  let at = from;
  let before = from;
  while (at < to && length < most) {
    const byte = data[at] as number;
    before = at;
    // Most of what is read is small letters.
    if (byte >= 0x61 && byte <= 0x7a) {
      characters[length] = byte;
      length += 1;
      spaced = false;
      at += 1;
      continue;
    }
    const tag = byte === 0x3c && tags === "out" ? tagLength(data, at, to) : 0;
    tagBytes += tag;
    const unit = tag === 0 ? readUnit(data, at, to) : undefined;
    const folded = unit === undefined ? " " : fold(unit.codePoint);
    at += unit?.length ?? tag;
    if (folded === "" || (folded === " " && spaced)) continue;
    for (let index = 0; index < folded.length && index < 32; index += 1)
      characters[length + index] = folded.charCodeAt(index);
    length += Math.min(folded.length, 32);
    spaced = folded === " ";
  }
  return { length, tagBytes, at, before };
}

/** 0 where no tag begins; the marks of a comment are a tag, its text is not. */
function tagLength(data: Uint8Array, at: number, to: number): number {
  const next = data[at + 1] ?? 0;
  if (next === 0x21) return 2;
  if (next !== 0x2f && !isLetter(next)) return 0;
  const end = Math.min(to, at + LONGEST_TAG);
  for (let close = at + 1; close < end; close += 1) {
    if (data[close] === 0x3e) return close + 1 - at;
    if (data[close] === 0x3c) return 0;
  }
  return 0;
}

/** The character at `at`, however it is written. A broken byte is a character of its own. */
export function readUnit(data: Uint8Array, at: number, to: number): Unit {
  const byte = data[at] ?? 0;
  if (byte === 0x5c) return readBackslash(data, at, to);
  if (byte === 0x26) return readReference(data, at, to) ?? { codePoint: byte, length: 1 };
  return byte < 0x80 ? { codePoint: byte, length: 1 } : readUtf8(data, at, to);
}

function readUtf8(data: Uint8Array, at: number, to: number): Unit {
  const lead = data[at] ?? 0;
  const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 1;
  if (length === 1 || at + length > to) return { codePoint: 0xfffd, length: 1 };
  let codePoint = lead & (0xff >> (length + 1));
  for (let index = 1; index < length; index += 1) {
    const more = data[at + index] ?? 0;
    if ((more & 0xc0) !== 0x80) return { codePoint: 0xfffd, length: 1 };
    codePoint = (codePoint << 6) | (more & 0x3f);
  }
  return { codePoint, length };
}

/** JSON's escapes, nested too: \n, \", \u200b, and two of those for what is beyond 16 bits. */
function readBackslash(data: Uint8Array, at: number, to: number): Unit {
  let next = at + 1;
  while (next < to && data[next] === 0x5c && next - at < 4) next += 1;
  const kind = data[next] ?? 0;
  if (kind === 0x6e || kind === 0x72 || kind === 0x74) return { codePoint: 0x20, length: next + 1 - at };
  if (kind !== 0x75)
    return { codePoint: isLetter(kind) ? 0x5c : kind, length: isLetter(kind) ? next - at : next + 1 - at };
  const high = readHex(data, next + 1, to);
  if (high === undefined) return { codePoint: 0x5c, length: next - at };
  const length = next + 5 - at;
  if (high < 0xd800 || high > 0xdbff) return { codePoint: high, length };
  let second = at + length;
  while (second < to && data[second] === 0x5c && second - at - length < 4) second += 1;
  const low = data[second] === 0x75 ? readHex(data, second + 1, to) : undefined;
  if (low === undefined || low < 0xdc00 || low > 0xdfff) return { codePoint: high, length };
  return { codePoint: 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00), length: second + 5 - at };
}

function readHex(data: Uint8Array, at: number, to: number): number | undefined {
  if (at + 4 > to) return undefined;
  let value = 0;
  for (let index = at; index < at + 4; index += 1) {
    const digit = hexDigit(data[index] as number);
    if (digit < 0) return undefined;
    value = value * 16 + digit;
  }
  return value;
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

const NAMED: Readonly<Record<string, number>> = {
  amp: 0x26,
  lt: 0x3c,
  gt: 0x3e,
  quot: 0x22,
  apos: 0x27,
  nbsp: 0x20,
  shy: 0xad,
  zwj: 0x200d,
  zwnj: 0x200c,
  lrm: 0x200e,
  rlm: 0x200f,
  ZeroWidthSpace: 0x200b,
  NoBreak: 0x2060,
};

const LONGEST_NAME = 16;

function readReference(data: Uint8Array, at: number, to: number): Unit | undefined {
  if (data[at + 1] === 0x23) return readNumber(data, at, to);
  if (!isLetter(data[at + 1] ?? 0)) return undefined;
  const end = data.subarray(at, Math.min(to, at + LONGEST_NAME)).indexOf(0x3b);
  const codePoint = end === -1 ? undefined : NAMED[asciiOf(data, at + 1, at + end)];
  return codePoint === undefined ? undefined : { codePoint, length: end + 1 };
}

function readNumber(data: Uint8Array, at: number, to: number): Unit | undefined {
  const isHex = ((data[at + 2] ?? 0) | 0x20) === 0x78;
  const digits = at + (isHex ? 3 : 2);
  let codePoint = 0;
  for (let next = digits; next < Math.min(to, digits + 8); next += 1) {
    const byte = data[next] as number;
    if (byte === 0x3b) return next === digits ? undefined : { codePoint, length: next + 1 - at };
    const digit = hexDigit(byte);
    if (digit < 0 || (!isHex && digit > 9)) return undefined;
    codePoint = codePoint * (isHex ? 16 : 10) + digit;
  }
  return undefined;
}

/** One character for a byte. */
export function asciiOf(data: Uint8Array, from: number, to: number): string {
  return String.fromCharCode.apply(undefined, data.subarray(from, to) as unknown as number[]);
}

function isLetter(byte: number): boolean {
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x7a;
}
