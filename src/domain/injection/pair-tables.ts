// What the prefilter does at each pair of bytes: how far it may go on, or that it must look.

import { ANCHORS, type Anchor, LONGEST_SHIFT } from "./anchors.ts";

interface Place {
  readonly anchor: Anchor;
  /** Where in the anchor its four bytes begin. */
  readonly offset: number;
}

/** Pairs that ordinary text is full of: an anchor is looked for by bytes that have none of them where they can be chosen. */
const COMMON = new Set(
  "th he in er an re on at en nd ti es or te of ed is it al ar st to nt ng se ha as ou io le ve co me de hi ri ro ic ne ea ra ce li ch ll be ma si om ur no us el la ta un et tr ho di em lo us ec ns tu ot ct ut ai ol so e  d  t  s  n  r  o  y   a  t  i  s  o".split(
    " ",
  ),
);

/** Of three pairs in a row that tell of \u200b or &#8203; one is always looked at: any and \, \ and u, u and one of these. */
const HEX_BEGINS = Array.from("0123456789dDfFx", (digit) => digit.charCodeAt(0));

const QUADS = 1 << 14;
/** Besides the shifts 1 to 3. */
export const HIGH = 4;
export const APART = 5;
export const ESCAPE = 6;
/** Set in addition to one of these, or to 0: an anchor may be here. */
export const ANCHOR = 8;

/**
 * By pair (first byte × 256 + second): a shift or one of the above; how far to go on when nothing was there; and the anchors whose
 * third and fourth looked-for bytes it is.
 */
export const { classes, shifts, anchorsAt, quads } = tables();

/** Of four bytes in any case, as an index of `quads`, which is 1 where an anchor may have them: most often that is the end of it. */
export function quadOf(first: number, second: number, third: number, fourth: number): number {
  return (
    (((first | 0x20) * 0x9e5 + (second | 0x20) * 0x3b1 + (third | 0x20) * 0x125 + (fourth | 0x20)) * 0x2f) & (QUADS - 1)
  );
}

function tables() {
  const shifts = new Uint8Array(65_536).fill(LONGEST_SHIFT);
  const anchorsAt = new Map<number, Place[]>();
  const quads = new Uint8Array(QUADS);
  for (const anchor of ANCHORS) {
    const place = { anchor, offset: rarest(anchor.bytes) };
    const [first = 0, second = 0, third = 0, fourth = 0] = anchor.bytes.subarray(place.offset);
    quads[quadOf(first, second, third, fourth)] = 1;
    for (let index = 0; index < LONGEST_SHIFT; index += 1) {
      for (const pair of inAnyCase(
        anchor.bytes[place.offset + index] ?? 0,
        anchor.bytes[place.offset + index + 1] ?? 0,
      )) {
        const shift = LONGEST_SHIFT - 1 - index;
        shifts[pair] = Math.min(shifts[pair] ?? 0, shift);
        if (shift === 0) anchorsAt.set(pair, [...(anchorsAt.get(pair) ?? []), place]);
      }
    }
  }
  const classes = Uint8Array.from(shifts, (shift, pair) => {
    const special = classOf(pair >> 8, pair & 0xff) ?? shift;
    return shift === 0 ? special | ANCHOR : special;
  });
  return { classes, shifts: shifts.map((shift) => Math.max(1, shift)), anchorsAt, quads };
}

function classOf(first: number, second: number): number | undefined {
  if (first >= 0x80 || second >= 0x80) return HIGH;
  if (isLetter(first) && (second === 0x20 || second === 0x2e || second === 0x2d || second === 0x5f || second === 0x2a))
    return APART;
  if (second === 0x5c || second === 0x26) return ESCAPE;
  if ((first === 0x5c && second === 0x75) || (first === 0x26 && second === 0x23)) return ESCAPE;
  if (first === 0x75 || first === 0x23) return HEX_BEGINS.includes(second) ? ESCAPE : undefined;
  return undefined;
}

function rarest(bytes: Uint8Array): number {
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let offset = 0; offset + LONGEST_SHIFT < bytes.length; offset += 1) {
    const common = [0, 1, 2].map((index) => {
      const pair = String.fromCharCode(bytes[offset + index] ?? 0, bytes[offset + index + 1] ?? 0);
      return COMMON.has(pair) || pair.includes(" ") ? 1 : 0;
    });
    const cost = (common[2] ?? 0) * 4 + (common[1] ?? 0) * 2 + (common[0] ?? 0);
    if (cost < least) [best, least] = [offset, cost];
  }
  return best;
}

function inAnyCase(first: number, second: number): number[] {
  const both = (byte: number): number[] => (byte >= 0x61 && byte <= 0x7a ? [byte, byte - 0x20] : [byte]);
  return both(first).flatMap((one) => both(second).map((two) => (one << 8) | two));
}

function isLetter(byte: number): boolean {
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x7a;
}
