// Which places of a text are worth a closer look: each pattern has an anchor, four bytes in a row that are known or nearly.
//
// Three bytes are hashed at every second place and looked up in a bitmap that fits into the processor's nearest cache. An
// anchor has two rows of three bytes, one after the other: so each of its occurrences is met exactly once.

import { membersOf, type ByteClass, type Pattern } from "./pattern.ts";

const ANCHOR = 4;
const ROW = 3;
export const STRIDE = ANCHOR - ROW + 1;
const HASH_BITS = 17;

/** Laid out flat for speed; an entry is one anchor at one distance. */
export interface AnchorTable {
  readonly isEmpty: boolean;
  /** A bit for each hash of three bytes that has a list. */
  readonly bitmap: Uint8Array;
  /** Of a hash: its list. */
  readonly listOf: Uint16Array;
  /** Of a list: its first entry; the next list's is its end. */
  readonly lists: Uint16Array;
  /** Of an entry: the anchor, and how far before the three bytes it begins. */
  readonly anchorOf: Uint16Array;
  readonly distanceOf: Uint8Array;
  /** Of each of an anchor's four bytes: what fits. */
  readonly classes: readonly ByteClass[];
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

/** Of ASCII letters of one case, no two rows have the same. */
export function hashRow(first: number, second: number, third: number): number {
  return ((first << 10) ^ (second << 5) ^ third) & ((1 << HASH_BITS) - 1);
}

export function anchorFits({ classes }: AnchorTable, anchor: number, bytes: Uint8Array, start: number): boolean {
  const first = anchor * ANCHOR;
  return (
    start >= 0 &&
    start + ANCHOR <= bytes.length &&
    classes[first]![bytes[start]!] === 1 &&
    classes[first + 1]![bytes[start + 1]!] === 1 &&
    classes[first + 2]![bytes[start + 2]!] === 1 &&
    classes[first + 3]![bytes[start + 3]!] === 1
  );
}

export function buildAnchors(patterns: readonly Pattern[]): AnchorTable {
  const anchors = new Map<string, Anchor>();
  patterns.forEach((pattern, index) => {
    const { classes, offset } = bestAnchor(pattern);
    const key = classes.map((fits) => membersOf(fits).key).join("|");
    const anchor = anchors.get(key) ?? { classes, users: [] };
    anchors.set(key, anchor);
    anchor.users.push({ pattern: index, offset });
  });
  return layOut([...anchors.values()]);
}

function layOut(anchors: readonly Anchor[]): AnchorTable {
  /** Anchor and distance in one number, so that a list is told from another by its text. */
  const entries = new Map<number, number[]>();
  anchors.forEach(({ classes }, anchor) => {
    for (let distance = 0; distance < STRIDE; distance += 1) {
      for (const hash of rowHashes(classes.slice(distance, distance + ROW))) {
        const list = entries.get(hash);
        if (list === undefined) entries.set(hash, [anchor * STRIDE + distance]);
        else list.push(anchor * STRIDE + distance);
      }
    }
  });
  return {
    isEmpty: anchors.length === 0,
    ...layOutLists(entries),
    classes: anchors.flatMap(({ classes }) => classes),
    users: anchors.map(({ users }) => users),
  };
}

function rowHashes([first, second, third]: readonly ByteClass[]): Set<number> {
  const hashes = new Set<number>();
  for (const a of membersOf(first!).bytes) {
    for (const b of membersOf(second!).bytes) {
      for (const c of membersOf(third!).bytes) hashes.add(hashRow(a, b, c));
    }
  }
  return hashes;
}

function layOutLists(entries: ReadonlyMap<number, readonly number[]>) {
  const bitmap = new Uint8Array(1 << (HASH_BITS - 3));
  const listOf = new Uint16Array(1 << HASH_BITS);
  const known = new Map<string, number>();
  const lists = [0];
  const flat: number[] = [];
  for (const [hash, list] of entries) {
    const key = list.join();
    let number = known.get(key);
    if (number === undefined) {
      number = known.size;
      known.set(key, number);
      flat.push(...list);
      lists.push(flat.length);
    }
    listOf[hash] = number;
    bitmap[hash >> 3]! |= 1 << (hash & 7);
  }
  return {
    bitmap,
    listOf,
    lists: Uint16Array.from(lists),
    anchorOf: Uint16Array.from(flat, (entry) => Math.floor(entry / STRIDE)),
    distanceOf: Uint8Array.from(flat, (entry) => entry % STRIDE),
  };
}

/** The four bytes at a fixed distance from the beginning that are met least often. */
function bestAnchor(pattern: Pattern): { classes: readonly ByteClass[]; offset: number } {
  const fixed = fixedBeginning(pattern);
  const often = fixed.map((fits) => membersOf(fits).frequency);
  let best = -1;
  let least = Infinity;
  for (let offset = 0; offset + ANCHOR <= fixed.length; offset += 1) {
    const inside = often[offset + 1]! * often[offset + 2]!;
    const rows = inside * (often[offset]! + often[offset + 3]!);
    if (rows < least) [best, least] = [offset, rows];
  }
  if (best === -1) throw new Error("a pattern needs four bytes at a fixed distance from its beginning");
  return { classes: fixed.slice(best, best + ANCHOR), offset: best };
}

/** How far into a pattern an anchor is looked for. */
const LONGEST_BEGINNING = 96;

function fixedBeginning({ steps }: Pattern): ByteClass[] {
  const fixed: ByteClass[] = [];
  for (const { fits, atLeast, atMost } of steps) {
    for (let count = 0; count < atLeast && fixed.length < LONGEST_BEGINNING; count += 1) fixed.push(fits);
    if (atLeast !== atMost) break;
  }
  return fixed;
}
