// Characters written in another way: %41, \u0041 and \x41 and \/ (JSON and other strings), =41 (quoted-printable), &#65; and
// &amp; (HTML). Only around such a place is anything decoded, so that bytes without escapes cost next to nothing.

import { type Decoding, type Layer, LayerBuilder, type Span } from "./layer.ts";

type Style = Extract<Decoding, "percent-encoded" | "escaped" | "quoted-printable" | "HTML-escaped">;

const STYLES: readonly Style[] = ["percent-encoded", "escaped", "quoted-printable", "HTML-escaped"];
/** What every escape of the style begins with. */
const MARK: Readonly<Record<Style, number>> = {
  "percent-encoded": 0x25,
  escaped: 0x5c,
  "quoted-printable": 0x3d,
  "HTML-escaped": 0x26,
};
const PLUS = 0x2b;
const EQUALS = 0x3d;
const SLASH = 0x2f;
const BACKSLASH = 0x5c;
/** What stands for nothing at all: a soft line break. */
const NOTHING = -1;

const NIBBLE = new Int8Array(256).fill(-1);
for (const [digit, char] of "0123456789abcdef".split("").entries()) {
  NIBBLE[char.charCodeAt(0)] = digit;
  NIBBLE[char.toUpperCase().charCodeAt(0)] = digit;
}
/** `\n` and its like. */
const SIMPLE = new Int16Array(256).fill(-1);
for (const [letter, value] of Object.entries({ b: 8, t: 9, n: 10, f: 12, r: 13, '"': 34, "'": 39, "/": 47, "\\": 92 }))
  SIMPLE[letter.charCodeAt(0)] = value;

export interface EscapeOptions {
  /** Bytes around an escape that could be part of the same value. */
  readonly reach: number;
  /** `+` is a space: in queries and forms. */
  readonly plus: boolean;
  /** Said to be quoted-printable: every `=41` counts. */
  readonly quoted: boolean;
}

export function decodeEscapes(bytes: Uint8Array, options: EscapeOptions): Layer[] {
  return STYLES.map((style) => decodeStyle(bytes, style, options)).filter((layer) => layer !== undefined);
}

function decodeStyle(bytes: Uint8Array, style: Style, options: EscapeOptions): Layer | undefined {
  const into = new LayerBuilder<Span>();
  const plus = options.plus && style === "percent-encoded";
  for (const { start, end } of plus && bytes.includes(PLUS) ? [whole(bytes)] : regions(bytes, style, options)) {
    const { bytes: out, at } = into.open(end - start);
    into.commit(decode(bytes, start, end, style, plus, out, at), { start, end });
  }
  return into.build(style, (region, from, to) => locate(bytes, region, style, from, to));
}

function whole(bytes: Uint8Array): Span {
  return { start: 0, end: bytes.length };
}

/** The surroundings of all escapes: only every so often is one looked for, where they stand close together. */
function* regions(bytes: Uint8Array, style: Style, { reach, quoted }: EscapeOptions): Generator<Span> {
  for (let at = nextEscape(bytes, style, quoted, 0); at >= 0;) {
    const start = Math.max(0, at - reach);
    let end = at + 1;
    let next = nextEscape(bytes, style, quoted, end + reach);
    while (next >= 0 && next <= end + 3 * reach) {
      end = next + 1;
      next = nextEscape(bytes, style, quoted, end + reach);
    }
    // Escapes may stand up to `reach` behind the last that was looked at, and values as far behind those.
    yield { start, end: Math.min(bytes.length, end + 2 * reach) };
    at = next;
  }
}

function nextEscape(bytes: Uint8Array, style: Style, quoted: boolean, from: number): number {
  const mark = MARK[style];
  for (let at = bytes.indexOf(mark, from); at >= 0; at = bytes.indexOf(mark, at + 1)) {
    const length = lengthOf(bytes, at, style);
    if (length > 0 && isLikely(bytes, at, length, style, quoted)) return at;
  }
  return -1;
}

/** Bytes that the escape at `at` takes; 0 when there is none. */
function lengthOf(bytes: Uint8Array, at: number, style: Style): number {
  const next = bytes[at + 1] ?? 0;
  if (style === "escaped") {
    if (next === 0x75) return isHex(bytes, at + 2) && isHex(bytes, at + 4) ? 6 : 0;
    if (next === 0x78) return isHex(bytes, at + 2) ? 4 : 0;
    return SIMPLE[next]! < 0 ? 0 : 2;
  }
  if (style === "HTML-escaped") return referenceAt(bytes, at) >> 8;
  if (isHex(bytes, at + 1)) return 3;
  if (style === "percent-encoded") return 0;
  if (next === 10) return 2;
  return next === 13 && bytes[at + 2] === 10 ? 3 : 0;
}

function valueOf(bytes: Uint8Array, at: number, length: number, style: Style): number {
  if (style === "escaped") {
    if (length === 2) return SIMPLE[bytes[at + 1]!]!;
    if (length === 4) return hex(bytes, at + 2);
    // Nothing that is looked for has other characters.
    return hex(bytes, at + 2) === 0 && bytes[at + 4]! < 0x38 ? hex(bytes, at + 4) : 0xff;
  }
  if (style === "HTML-escaped") return referenceAt(bytes, at) & 0xff;
  return NIBBLE[bytes[at + 1]!]! < 0 ? NOTHING : hex(bytes, at + 1);
}

const NAMES = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", sol: "/", equals: "=", plus: "+" } as const;
const NAMED = Object.entries(NAMES).map(([name, char]) => ({
  name: Buffer.from(`${name};`),
  value: char.charCodeAt(0),
}));
const BEGINS_NAME = new Uint8Array(256);
for (const { name } of NAMED) BEGINS_NAME[name[0]!] = 1;
const LONGEST_REFERENCE = 10;

/** Of `&#65;`, `&#x41;` and a few names: the byte + 256 × the length; 0 when there is none. */
function referenceAt(bytes: Uint8Array, at: number): number {
  if (bytes[at + 1] !== 0x23) {
    if (BEGINS_NAME[bytes[at + 1]!] !== 1) return 0; // `&&`, and most of what stands in a query
    const named = NAMED.find(({ name }) => name.every((byte, index) => bytes[at + 1 + index] === byte));
    return named === undefined ? 0 : named.value + 256 * (named.name.length + 1);
  }
  const isHexadecimal = (bytes[at + 2]! | 0x20) === 0x78;
  let value = 0;
  const digits = at + (isHexadecimal ? 3 : 2);
  for (let next = digits; next - at < LONGEST_REFERENCE; next += 1) {
    if (bytes[next] === 0x3b && next > digits) return Math.min(value, 0xff) + 256 * (next + 1 - at);
    const digit = NIBBLE[bytes[next]!] ?? -1;
    if (digit < 0 || (!isHexadecimal && digit > 9)) return 0;
    value = Math.min(0xffff, value * (isHexadecimal ? 16 : 10) + digit);
  }
  return 0;
}

/**
 * Whether there is reason to decode here: in random bytes escapes stand by chance, `a=10` is none, and line ends and
 * quotation marks stand between values, not in them (own secrets that have some are looked for as they are escaped).
 */
function isLikely(bytes: Uint8Array, at: number, length: number, style: Style, quoted: boolean): boolean {
  if (style === "escaped" && length === 2 && !isWithinValues(bytes, at)) return false;
  if (!isText(bytes, at - 4, at) && !isText(bytes, at + length, at + length + 4)) return false;
  return style !== "quoted-printable" || quoted || bytes[at + 1]! < 14 || bytes[at + 3] === EQUALS;
}

/** `\/`, and a backslash that is escaped itself, with another escape behind it. */
function isWithinValues(bytes: Uint8Array, at: number): boolean {
  const next = bytes[at + 1]!;
  if (next === SLASH) return true;
  const behind = bytes[at + 2];
  return next === BACKSLASH && (behind === 0x75 || behind === 0x78 || behind === SLASH || behind === BACKSLASH);
}

function isText(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = Math.max(0, from); at < Math.min(to, bytes.length); at += 1) {
    const byte = bytes[at]!;
    if (byte < 9 || byte > 126 || (byte > 13 && byte < 32)) return false;
  }
  return true;
}

function decode(
  bytes: Uint8Array,
  from: number,
  to: number,
  style: Style,
  plus: boolean,
  out: Uint8Array,
  at: number,
): number {
  const mark = MARK[style];
  let end = at;
  for (let index = from; index < to;) {
    const byte = bytes[index]!;
    const length = byte === mark ? lengthOf(bytes, index, style) : 0;
    if (length === 0 || index + length > to) {
      out[end] = plus && byte === PLUS ? 32 : byte;
      end += 1;
      index += 1;
      continue;
    }
    const value = valueOf(bytes, index, length, style);
    if (value !== NOTHING) {
      out[end] = value;
      end += 1;
    }
    index += length;
  }
  return end;
}

/** Walks through the region again, up to the two places. */
function locate(bytes: Uint8Array, { start, end }: Span, style: Style, from: number, to: number): Span {
  const mark = MARK[style];
  let out = 0;
  let first = start;
  let index = start;
  while (index < end && out < to) {
    if (out === from) first = index;
    const length = bytes[index] === mark ? lengthOf(bytes, index, style) : 0;
    const taken = length === 0 || index + length > end ? 1 : length;
    if (taken === 1 || valueOf(bytes, index, taken, style) !== NOTHING) out += 1;
    index += taken;
  }
  return { start: first, end: index };
}

/** Two digits. */
function isHex(bytes: Uint8Array, at: number): boolean {
  return at + 1 < bytes.length && NIBBLE[bytes[at]!]! >= 0 && NIBBLE[bytes[at + 1]!]! >= 0;
}

function hex(bytes: Uint8Array, at: number): number {
  return (NIBBLE[bytes[at]!]! << 4) | NIBBLE[bytes[at + 1]!]!;
}
