// Characters written in another way: %41, \u0041 and \x41 and \/ (JSON and other strings), =41 (quoted-printable). Only
// around such a place is anything decoded, so that bytes without escapes cost next to nothing.

import { type Decoding, type Layer, LayerBuilder, type Span } from "./layer.ts";

interface Style {
  readonly decoding: Decoding;
  /** What every escape begins with. */
  readonly mark: number;
  /** Bytes that the escape at `at` takes; 0 when it is none. */
  readonly length: (bytes: Uint8Array, at: number) => number;
  /** What it stands for; -1 for nothing at all (a soft line break). */
  readonly value: (bytes: Uint8Array, at: number) => number;
  /** Whether there is reason to decode here: in random bytes escapes stand by chance. */
  readonly likely: (bytes: Uint8Array, at: number, length: number) => boolean;
  readonly plus: boolean;
}

const BACKSLASH = 0x5c;
const EQUALS = 0x3d;
const PERCENT = 0x25;
const PLUS = 0x2b;

const NIBBLE = new Int8Array(256).fill(-1);
for (const [digit, char] of [..."0123456789abcdef"].entries()) {
  NIBBLE[char.charCodeAt(0)] = digit;
  NIBBLE[char.toUpperCase().charCodeAt(0)] = digit;
}
/** `\n` and its like; what is not here stands for itself. */
const SIMPLE: Readonly<Record<string, number>> = {
  b: 8,
  t: 9,
  n: 10,
  f: 12,
  r: 13,
  '"': 34,
  "'": 39,
  "/": 47,
  "\\": 92,
};
const SIMPLE_OF = new Int16Array(256).fill(-1);
for (const [letter, value] of Object.entries(SIMPLE)) SIMPLE_OF[letter.charCodeAt(0)] = value;

const percent: Style = {
  decoding: "percent-encoded",
  mark: PERCENT,
  length: (bytes, at) => (isHex(bytes, at + 1, 2) ? 3 : 0),
  value: (bytes, at) => hex(bytes, at + 1, 2),
  likely: amongText,
  plus: false,
};
const backslash: Style = {
  decoding: "escaped",
  mark: BACKSLASH,
  length(bytes, at) {
    const letter = bytes[at + 1] ?? 0;
    if (letter === 0x75) return isHex(bytes, at + 2, 4) ? 6 : 0;
    if (letter === 0x78) return isHex(bytes, at + 2, 2) ? 4 : 0;
    return SIMPLE_OF[letter]! < 0 ? 0 : 2;
  },
  value(bytes, at) {
    const letter = bytes[at + 1] ?? 0;
    if (letter === 0x75) return ascii(hex(bytes, at + 2, 4));
    return letter === 0x78 ? hex(bytes, at + 2, 2) : SIMPLE_OF[letter]!;
  },
  likely: amongText,
  plus: false,
};
const quotedPrintable: Style = {
  decoding: "quoted-printable",
  mark: EQUALS,
  length(bytes, at) {
    if (bytes[at + 1] === 10) return 2;
    if (bytes[at + 1] === 13 && bytes[at + 2] === 10) return 3;
    return isHex(bytes, at + 1, 2) ? 3 : 0;
  },
  value: (bytes, at) => (bytes[at + 1] === 10 || bytes[at + 1] === 13 ? -1 : hex(bytes, at + 1, 2)),
  /** `a=10` is no escape; what goes on in the next line, or is followed by another escape, is. */
  likely: (bytes, at, length) =>
    amongText(bytes, at, length) && (bytes[at + 1] === 10 || bytes[at + 1] === 13 || bytes[at + 3] === EQUALS),
  plus: false,
};

export interface EscapeOptions {
  /** Bytes around an escape that could be part of the same value. */
  readonly reach: number;
  /** `+` is a space: in queries and forms. */
  readonly plus: boolean;
  /** Said to be quoted-printable: every `=41` counts. */
  readonly quoted: boolean;
}

export function decodeEscapes(bytes: Uint8Array, { reach, plus, quoted }: EscapeOptions): Layer[] {
  const styles = [
    plus ? { ...percent, plus } : percent,
    backslash,
    quoted ? { ...quotedPrintable, likely: amongText } : quotedPrintable,
  ];
  return styles.map((style) => decodeStyle(bytes, style, reach)).filter((layer) => layer !== undefined);
}

function decodeStyle(bytes: Uint8Array, style: Style, reach: number): Layer | undefined {
  const into = new LayerBuilder<Span>();
  for (const { start, end } of regions(bytes, style, reach)) {
    const { bytes: out, at } = into.open(end - start);
    into.commit(decode(bytes, start, end, style, out, at), { start, end });
  }
  return into.build(style.decoding, (region, from, to) => locate(bytes, region, style, from, to));
}

/** The surroundings of all escapes; of a form with a plus or an escape all of it. */
function* regions(bytes: Uint8Array, style: Style, reach: number): Generator<Span> {
  if (style.plus && bytes.includes(PLUS)) return void (yield { start: 0, end: bytes.length });
  for (let at = nextEscape(bytes, style, 0); at >= 0;) {
    const start = Math.max(0, at - reach);
    let end = at + reach;
    let next = nextEscape(bytes, style, at + 1);
    while (next >= 0 && next - reach <= end) {
      end = next + reach;
      next = nextEscape(bytes, style, next + 1);
    }
    yield { start, end: Math.min(bytes.length, end) };
    at = next;
  }
}

function nextEscape(bytes: Uint8Array, { mark, length, likely }: Style, from: number): number {
  for (let at = bytes.indexOf(mark, from); at >= 0; at = bytes.indexOf(mark, at + 1)) {
    const size = length(bytes, at);
    if (size > 0 && likely(bytes, at, size)) return at;
  }
  return -1;
}

function decode(bytes: Uint8Array, from: number, to: number, style: Style, out: Uint8Array, at: number): number {
  const { mark, length, value, plus } = style;
  let end = at;
  for (let index = from; index < to;) {
    const byte = bytes[index]!;
    const size = byte === mark ? length(bytes, index) : 0;
    if (size === 0 || index + size > to) {
      out[end] = plus && byte === PLUS ? 32 : byte;
      end += 1;
      index += 1;
      continue;
    }
    const decoded = value(bytes, index);
    if (decoded >= 0) {
      out[end] = decoded;
      end += 1;
    }
    index += size;
  }
  return end;
}

/** Walks through the region again, up to the two places. */
function locate(bytes: Uint8Array, { start, end }: Span, style: Style, from: number, to: number): Span {
  let out = 0;
  let first = start;
  let index = start;
  while (index < end && out < to) {
    if (out === from) first = index;
    const size = bytes[index] === style.mark ? style.length(bytes, index) : 0;
    const taken = size === 0 || index + size > end ? 1 : size;
    if (taken === 1 || style.value(bytes, index) >= 0) out += 1;
    index += taken;
  }
  return { start: first, end: index };
}

/** On one side at least, a few bytes of text. */
function amongText(bytes: Uint8Array, at: number, length: number): boolean {
  return isText(bytes, at - 4, at) || isText(bytes, at + length, at + length + 4);
}

function isText(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = Math.max(0, from); at < Math.min(to, bytes.length); at += 1) {
    const byte = bytes[at]!;
    if (byte < 9 || byte > 126 || (byte > 13 && byte < 32)) return false;
  }
  return true;
}

function isHex(bytes: Uint8Array, from: number, count: number): boolean {
  if (from + count > bytes.length) return false;
  for (let at = from; at < from + count; at += 1) if (NIBBLE[bytes[at]!]! < 0) return false;
  return true;
}

/** Nothing that is looked for has other characters. */
function ascii(code: number): number {
  return code < 0x80 ? code : 0xff;
}

function hex(bytes: Uint8Array, from: number, count: number): number {
  let value = 0;
  for (let at = from; at < from + count; at += 1) value = value * 16 + NIBBLE[bytes[at]!]!;
  return value;
}
