// Which places of a text are worth a closer look: each pattern has an anchor, four bytes in a row that are known or nearly.
//
// Of any three pairs of neighbours in a row, one is looked up in a table of all pairs: an anchor has three pairs, so every
// third place is enough to meet each of its occurrences exactly once.

import type { ByteClass, Pattern } from "./pattern.ts";

export const ANCHOR = 4;
export const STRIDE = ANCHOR - 1;

/** Laid out flat for speed; an entry is one anchor at one distance. */
export interface AnchorTable {
  /** Of a pair of bytes: its list, 0 for none. */
  readonly listOf: Uint16Array;
  /** Of a list: its first entry; the next list's is its end. */
  readonly lists: Uint16Array;
  /** Of an entry: the anchor, and how far before the pair it begins. */
  readonly anchorOf: Uint16Array;
  readonly distanceOf: Uint8Array;
  /** 256 for each of an anchor's four bytes: 1 where it fits. */
  readonly fits: Uint8Array;
  /** Of an anchor: the patterns that have it, and how far after the pattern's beginning it stands. */
  readonly users: readonly (readonly AnchorUser[])[];
}

export interface AnchorUser {
  readonly pattern: number;
  readonly offset: number;
}

interface Anchor {
  readonly classes: readonly ByteClass[];
  readonly users: AnchorUser[];
}

export function buildAnchors(patterns: readonly Pattern[]): AnchorTable {
  const anchors = new Map<string, Anchor>();
  patterns.forEach((pattern, index) => {
    const { classes, offset } = bestAnchor(pattern);
    const key = classes.map((fits) => members(fits).join()).join(";");
    const anchor = anchors.get(key) ?? { classes, users: [] };
    anchors.set(key, anchor);
    anchor.users.push({ pattern: index, offset });
  });
  return layOut([...anchors.values()]);
}

function layOut(anchors: readonly Anchor[]): AnchorTable {
  const entries = new Map<number, [anchor: number, distance: number][]>();
  anchors.forEach(({ classes }, anchor) => {
    const bytes = classes.map(members);
    for (let distance = 0; distance < STRIDE; distance += 1) {
      for (const first of bytes[distance]!) {
        for (const second of bytes[distance + 1]!) {
          const pair = (first << 8) | second;
          const list = entries.get(pair);
          if (list === undefined) entries.set(pair, [[anchor, distance]]);
          else list.push([anchor, distance]);
        }
      }
    }
  });
  return { ...layOutLists(entries), fits: layOutClasses(anchors), users: anchors.map(({ users }) => users) };
}

function layOutLists(entries: ReadonlyMap<number, [anchor: number, distance: number][]>) {
  const listOf = new Uint16Array(65_536);
  const known = new Map<string, number>();
  const lists = [0, 0];
  const flat: [anchor: number, distance: number][] = [];
  for (const [pair, list] of entries) {
    const key = list.join(";");
    let number = known.get(key);
    if (number === undefined) {
      number = lists.length - 1;
      known.set(key, number);
      flat.push(...list);
      lists.push(flat.length);
    }
    listOf[pair] = number;
  }
  return {
    listOf,
    lists: Uint16Array.from(lists),
    anchorOf: Uint16Array.from(flat, ([anchor]) => anchor),
    distanceOf: Uint8Array.from(flat, ([, distance]) => distance),
  };
}

function layOutClasses(anchors: readonly Anchor[]): Uint8Array {
  const fits = new Uint8Array(anchors.length * ANCHOR * 256);
  anchors.forEach(({ classes }, anchor) => {
    classes.forEach((one, index) => fits.set(one, (anchor * ANCHOR + index) * 256));
  });
  return fits;
}

/** The four bytes at a fixed distance from the beginning whose pairs are met least often. */
function bestAnchor(pattern: Pattern): { classes: readonly ByteClass[]; offset: number } {
  const fixed = fixedBeginning(pattern);
  const often = fixed.map((fits) => members(fits).reduce((sum, byte) => sum + frequency(byte), 0));
  let best = -1;
  let least = Infinity;
  for (let offset = 0; offset + ANCHOR <= fixed.length; offset += 1) {
    const [a, b, c, d] = often.slice(offset, offset + ANCHOR) as [number, number, number, number];
    const pairs = a * b + b * c + c * d;
    if (pairs < least) [best, least] = [offset, pairs];
  }
  if (best === -1) throw new Error("a pattern needs four bytes at a fixed distance from its beginning");
  return { classes: fixed.slice(best, best + ANCHOR), offset: best };
}

function fixedBeginning({ steps }: Pattern): ByteClass[] {
  const fixed: ByteClass[] = [];
  for (const { fits, atLeast, atMost } of steps) {
    for (let count = 0; count < atLeast && fixed.length < LONGEST_BEGINNING; count += 1) fixed.push(fits);
    if (atLeast !== atMost) break;
  }
  return fixed;
}

function members(fits: ByteClass): number[] {
  const found: number[] = [];
  for (let byte = 0; byte < 256; byte += 1) if (fits[byte] === 1) found.push(byte);
  return found;
}

/** How far into a pattern an anchor is looked for. */
const LONGEST_BEGINNING = 96;

const BY_FREQUENCY = " etaoinsrlhdcumpfgywbvkxjqz";

/** Roughly how often a byte is met in text and code: only the order matters. */
function frequency(byte: number): number {
  const place = BY_FREQUENCY.indexOf(String.fromCharCode(byte));
  if (place !== -1) return 27 - place;
  if (byte >= 0x80) return 0.5;
  return byte >= 0x30 && byte <= 0x39 ? 5 : 3;
}
