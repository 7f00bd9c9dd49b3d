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

/** `tags` are taken out, which also takes out what their attributes say. */
export function normalise(data: Uint8Array, from: number, to: number, tags: Tags): string {
  return read(data, from, to, tags, Number.MAX_SAFE_INTEGER).text;
}

export type Tags = "out" | "in";

/** Where in `data` the characters from `start` to `end` of the normalised text stand. */
export function placeOf(data: Uint8Array, from: number, to: number, tags: Tags, start: number, end: number) {
  return { start: read(data, from, to, tags, start + 1).before, end: read(data, from, to, tags, end).at };
}

/** Stops when `most` characters are there: `at` is after what made the last of them, `before` before it. */
function read(data: Uint8Array, from: number, to: number, tags: Tags, most: number) {
  let text = "";
  let spaced = true;
  let at = from;
  let before = from;
  while (at < to && text.length < most) {
    const byte = data[at] as number;
    before = at;
    // Most of what is read is small letters.
    if (byte >= 0x61 && byte <= 0x7a) {
      text += LETTERS[byte - 0x61];
      spaced = false;
      at += 1;
      continue;
    }
    const tag = byte === 0x3c && tags === "out" ? tagLength(data, at, to) : 0;
    const unit = tag === 0 ? readUnit(data, at, to) : undefined;
    const folded = unit === undefined ? " " : fold(unit.codePoint);
    at += unit?.length ?? tag;
    if (folded === "" || (folded === " " && spaced)) continue;
    text += folded;
    spaced = folded === " ";
  }
  return { text, at, before };
}

const LETTERS = "abcdefghijklmnopqrstuvwxyz";

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
  const value = Number.parseInt(asciiOf(data, at, at + 4), 16);
  return /^[0-9a-f]{4}$/i.test(asciiOf(data, at, at + 4)) ? value : undefined;
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

function readReference(data: Uint8Array, at: number, to: number): Unit | undefined {
  const [whole, hex, decimal, name] =
    /^&(?:#[xX]([0-9a-fA-F]{1,6})|#(\d{1,7})|([a-zA-Z]{2,14}));/.exec(asciiOf(data, at, Math.min(to, at + 16))) ?? [];
  if (whole === undefined) return undefined;
  const codePoint =
    hex === undefined ? (decimal === undefined ? NAMED[name ?? ""] : Number(decimal)) : Number.parseInt(hex, 16);
  return codePoint === undefined ? undefined : { codePoint, length: whole.length };
}

/** One character for a byte. */
export function asciiOf(data: Uint8Array, from: number, to: number): string {
  return String.fromCharCode(...data.subarray(from, to));
}

function isLetter(byte: number): boolean {
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x7a;
}
