// Goes over an answer's bytes and stops only where something may be: at anchors, at letters of other scripts within words, at
// letters that stand apart, at characters that are not seen. A table of byte pairs says how far the next stop can be.

import { LONGEST_SHIFT } from "./anchors.ts";
import { isInvisible } from "./fold.ts";
import { readUnit } from "./normalise.ts";
import { ANCHOR, anchorsAt, APART, classes, ESCAPE, HIGH, quadOf, quads, shifts } from "./pair-tables.ts";

/** The next place at or after `from` that deserves a look; -1 when there is none. */
export function nextSuspect(data: Uint8Array, from: number): number {
  const last = data.length - 1;
  for (let at = from + 2; at < last;) {
    const pair = ((data[at] as number) << 8) | (data[at + 1] as number);
    const kind = classes[pair] as number;
    if (kind > 0 && kind <= LONGEST_SHIFT) {
      at += kind;
      continue;
    }
    if ((kind & ANCHOR) !== 0 && mayBeAnchor(data, at) && isAnchor(data, at, pair)) return at;
    if (kind >= HIGH && isStrange(data, at, kind & ~ANCHOR)) return at;
    at += shifts[pair] as number;
  }
  return -1;
}

function isStrange(data: Uint8Array, at: number, kind: number): boolean {
  switch (kind) {
    case HIGH:
      return isStrangeCharacter(data, at);
    case APART:
      // i g n o r e: a letter and a sign, three times
      return (
        data[at + 3] === data[at + 1] &&
        data[at + 5] === data[at + 1] &&
        isLetter(data[at + 2]) &&
        isLetter(data[at + 4]) &&
        !isLetter(data[at - 1])
      );
    case ESCAPE:
      return isStrangeEscape(data, at);
    default:
      return false;
  }
}

function mayBeAnchor(data: Uint8Array, at: number): boolean {
  const quad = quadOf(data[at - 2] as number, data[at - 1] as number, data[at] as number, data[at + 1] as number);
  return quads[quad] === 1;
}

function isAnchor(data: Uint8Array, at: number, pair: number): boolean {
  const places = anchorsAt.get(pair);
  if (places === undefined) return false;
  return places.some(({ anchor: { bytes, ends, isImage }, offset }) => {
    const start = at - 2 - offset;
    if (start < 0 || start + bytes.length > data.length) return false;
    for (let index = 0; index < bytes.length; index += 1) {
      if (small(data[start + index] as number) !== bytes[index]) return false;
    }
    if (isImage) return isImageWithQuery(data, start, start + bytes.length);
    return !ends || mayEndWord(data[start + bytes.length] ?? 0x20);
  });
}

/** White space, markdown, a tag, an escape, or a character beyond ASCII. */
function mayEndWord(byte: number): boolean {
  return (
    byte <= 0x20 || byte >= 0x80 || byte === 0x2a || byte === 0x3c || byte === 0x5c || byte === 0x26 || byte === 0x5f
  );
}

const LONGEST_ALT = 80;
const LONGEST_ADDRESS = 128;

function isImageWithQuery(data: Uint8Array, bracket: number, address: number): boolean {
  let open = bracket - 1;
  while (open > 0 && data[open] !== 0x5b && bracket - open <= LONGEST_ALT) open -= 1;
  if (data[open] !== 0x5b || data[open - 1] !== 0x21) return false;
  for (let at = address; at < Math.min(data.length, address + LONGEST_ADDRESS); at += 1) {
    if (data[at] === 0x3f) return true;
    if (data[at] === 0x29 || data[at] === 0x20) return false;
  }
  return false;
}

/** The character that `at` or the byte after it belongs to. */
function isStrangeCharacter(data: Uint8Array, at: number): boolean {
  let start = (data[at] as number) >= 0x80 ? at : at + 1;
  for (let back = 0; back < 3 && start > 0 && ((data[start] as number) & 0xc0) === 0x80; back += 1) start -= 1;
  const lead = data[start] as number;
  const next = data[start + 1] ?? 0;
  if (lead === 0xf3) return next === 0xa0 && ((data[start + 2] ?? 0) & 0xfe) === 0x80;
  if (lead === 0xf0)
    return next === 0x9d || (next === 0x9f && (data[start + 2] ?? 0) >= 0x84 && (data[start + 2] ?? 0) <= 0x86);
  if (lead === 0xe2 && (next === 0x92 || next === 0x93)) return ((data[start + 2] ?? 0) & 0xc0) === 0x80;
  if (lead === 0xef && (next === 0xbc || next === 0xbd)) return isFullWidthLetter(next, data[start + 2] ?? 0);
  const length = lead >= 0xe0 ? 3 : 2;
  if ((next & 0xc0) !== 0x80) return false; // not UTF-8
  if (!isLetter(data[start - 1]) && !isLetter(data[start + length])) return false;
  switch (lead) {
    case 0xc2:
      return next === 0xad;
    case 0xc9:
    case 0xca:
    case 0xce:
    case 0xcf:
    case 0xd0:
    case 0xd1:
    case 0xd2:
    case 0xd3:
    case 0xd4:
    case 0xd5:
      return true;
    default:
      return isInvisible(readUnit(data, start, Math.min(data.length, start + 4)).codePoint);
  }
}

/** Not its punctuation, which Chinese and Japanese text is full of. */
function isFullWidthLetter(second: number, third: number): boolean {
  return second === 0xbc ? third >= 0xa1 && third <= 0xba : third >= 0x81 && third <= 0x9a;
}

/** \u200b and &#8203; between letters, and what stands for letters: `at` is its first byte, or one before or after that. */
function isStrangeEscape(data: Uint8Array, at: number): boolean {
  let start = at;
  if (!isEscape(data, start)) start = isEscape(data, at + 1) ? at + 1 : at - 1;
  if (!isEscape(data, start)) return false;
  const { codePoint, length } = readUnit(data, start, Math.min(data.length, start + 16));
  if (codePoint >= 0xe0000 || (codePoint >= 0x1d400 && codePoint <= 0x1d7ff)) return true;
  if (codePoint >= 0xff21 && codePoint <= 0xff5a) return true;
  const isOther = isInvisible(codePoint) || (codePoint >= 0x370 && codePoint <= 0x58f);
  const isAscii = codePoint >= 0x41 && codePoint <= 0x7a;
  if (!isOther && !isAscii) return false;
  const afterEscape = data[start - 6] === 0x5c && data[start - 5] === 0x75;
  return (isLetter(data[start - 1]) && !afterEscape) || isLetter(data[start + length]);
}

function isEscape(data: Uint8Array, at: number): boolean {
  return (data[at] === 0x5c && data[at + 1] === 0x75) || (data[at] === 0x26 && data[at + 1] === 0x23);
}

function isLetter(byte: number | undefined): boolean {
  const lower = (byte ?? 0) | 0x20;
  return lower >= 0x61 && lower <= 0x7a;
}

function small(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
}
