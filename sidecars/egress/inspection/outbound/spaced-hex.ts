// Hex with something between its bytes: `71:38:5a`, `71 38 5a`, `0x71, 0x38`.

import { type Layer, LayerBuilder } from "./layer.ts";
import { hasText, SHORTEST_TEXT } from "./text-bytes.ts";

const SEPARATORS = [":", " ", "-", ",", "\n", ", ", ", 0x", ",0x", " 0x", "0x"].map((text) =>
  Buffer.from(text, "latin1"),
);
const LONGEST = 4;
/** A run of so many bytes has a whole period, with what it needs on both sides, at one of these places. */
const STRIDE = 12;

const IS_HEX = new Uint8Array(256);
const NIBBLE = new Uint8Array(256);
for (const char of "0123456789abcdefABCDEF") {
  IS_HEX[char.charCodeAt(0)] = 1;
  NIBBLE[char.charCodeAt(0)] = Number.parseInt(char, 16);
}
const IS_SEPARATOR = new Uint8Array(256);
for (const [first] of SEPARATORS) IS_SEPARATOR[first!] = 1;

/** What runs are made of. */
const IS_PART = IS_HEX.slice();
for (const char of " :,-\nxX") IS_PART[char.charCodeAt(0)] = 1;

interface Run {
  readonly from: number;
  readonly period: number;
}

export function decodeSpacedHex(bytes: Uint8Array): Layer | undefined {
  const into = new LayerBuilder<Run>();
  for (let at = 0; at < bytes.length; at += STRIDE) {
    if (!isLikely(bytes, at)) continue;
    const end = endOfRunAt(bytes, at, into);
    if (end > at) at = end - STRIDE + 1;
  }
  return into.build("hex", ({ from, period }, start, end) => ({
    start: from + start * period,
    end: from + (end - 1) * period + 2,
  }));
}

/** Most places are in words: that is seen at their first letters. */
function isLikely(bytes: Uint8Array, at: number): boolean {
  for (let next = at; next < at + LONGEST + 2; next += 1) if (IS_PART[bytes[next]!] !== 1) return false;
  return true;
}

/** The run that begins at one of the places behind `at`; 0 where there is none. */
function endOfRunAt(bytes: Uint8Array, at: number, into: LayerBuilder<Run>): number {
  const last = Math.min(bytes.length - 4, at + LONGEST + 2);
  for (let pair = at; pair < last; pair += 1) {
    if (!isPair(bytes, pair) || IS_SEPARATOR[bytes[pair + 2]!] === 0) continue;
    for (const separator of SEPARATORS) {
      if (!stands(bytes, pair + 2, separator)) continue;
      const period = 2 + separator.length;
      let from = pair;
      while (from >= period && isPair(bytes, from - period) && stands(bytes, from - separator.length, separator))
        from -= period;
      let to = pair;
      while (stands(bytes, to + 2, separator) && isPair(bytes, to + period)) to += period;
      if ((to - from) / period + 1 < SHORTEST_TEXT) continue;
      keep(bytes, { from, period }, to, into);
      return to + 2;
    }
  }
  return 0;
}

function keep(bytes: Uint8Array, run: Run, to: number, into: LayerBuilder<Run>): void {
  const { bytes: out, at } = into.open((to - run.from) / run.period + 1);
  let end = at;
  for (let index = run.from; index <= to; index += run.period) {
    out[end] = (NIBBLE[bytes[index]!]! << 4) | NIBBLE[bytes[index + 1]!]!;
    end += 1;
  }
  if (hasText(out, at, end, SHORTEST_TEXT - 2)) into.commit(end, run);
}

function isPair(bytes: Uint8Array, at: number): boolean {
  return IS_HEX[bytes[at]!] === 1 && IS_HEX[bytes[at + 1]!] === 1;
}

function stands(bytes: Uint8Array, at: number, what: Uint8Array): boolean {
  for (let index = 0; index < what.length; index += 1) if (bytes[at + index] !== what[index]) return false;
  return true;
}
