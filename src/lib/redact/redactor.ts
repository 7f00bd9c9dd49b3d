// Takes secrets out of a terminal's output as it comes. Only what may still turn out to be one is held back, and what stood
// between a secret's letters (colours, line breaks) goes on behind the marker, so that the terminal's state stays what it was.
//
// What it does not see: a secret in another spelling (base64, reversed), one that a program draws cell by cell with other
// text in between, and the first seven letters of one that comes so slowly that what is held was let go.

import { hashesOf, type Fingerprint } from "./fingerprint.ts";
import { Candidates, knownOf, type Match } from "./candidates.ts";
import { newLexer } from "./significant.ts";

export interface Redactor {
  /** What may go on, with all that was held before. */
  push(chunk: Buffer): Buffer;
  /** Lets go of what is held; a secret that goes on behind it loses its rest alone. */
  flush(): Buffer;
  /** Why something is held: a few bytes could begin a secret, or a secret has begun. */
  readonly held: "nothing" | "little" | "suspicious";
  /** Another number when there was text since: colours and movements alone bring nobody nearer to knowing. */
  readonly progress: number;
}

/** With more between the letters of a secret, what is held goes on: an agent must not fill the memory of whoever shows it. */
const MOST_HELD = 65_536;
const EMPTY = Buffer.alloc(0);

export function newRedactor(fingerprints: readonly Fingerprint[], key: Buffer): Redactor {
  if (fingerprints.length === 0) return { push: (chunk) => chunk, flush: () => EMPTY, held: "nothing", progress: 0 };
  const known = knownOf(fingerprints, key, hashesOf(key));
  const matches: Match[] = [];
  const ground = new Candidates(known, (match) => matches.push(match));
  /** A title's letters are no part of what is written around it. */
  const inString = new Candidates(known, (match) => matches.push(match));
  const lexer = newLexer();
  let waiting: Buffer = EMPTY;
  /** Place of the first waiting byte. */
  let base = 0;
  let current: Candidates = ground;
  /** The byte before, which may have gone already. */
  let lead = 0;

  const read = (all: Buffer, from: number): void => {
    for (let at = from; at < all.length; at += 1) {
      if (lexer.isGround) {
        at = ground.run(all, at, base);
        if (at >= all.length) return;
        const end = endOfSequence(all, at);
        if (end > at) {
          at = end - 1;
          continue;
        }
      }
      const byte = all[at] as number;
      const { late, text, opens } = lexer.step(byte);
      if (opens || (current === inString && !lexer.inString)) inString.reset();
      current = lexer.inString ? inString : ground;
      if (late > 0) current.push(lead, base + at - 1);
      if (text) current.push(byte, base + at);
      lead = byte;
    }
  };
  const release = (all: Buffer, end: number): Buffer => {
    const released = withMarkers(all.subarray(0, end), base, matches);
    waiting = end === all.length ? EMPTY : Buffer.from(all.subarray(end)); // a copy: it must not keep a large chunk alive
    base += end;
    matches.splice(0, matches.findLastIndex(({ places }) => (places.at(-1) as number) < base) + 1);
    return released;
  };
  return {
    push(chunk) {
      const all = waiting.length === 0 ? chunk : Buffer.concat([waiting, chunk]);
      read(all, waiting.length);
      const open = lexer.isGround || lexer.inString ? Number.POSITIVE_INFINITY : base + all.length - 1;
      const hold = Math.min(ground.earliest(base), lexer.inString ? inString.earliest(base) : open, open);
      const end = Math.max(0, Math.min(all.length, hold - base));
      return release(all, all.length - end > MOST_HELD ? all.length : end);
    },
    flush: () => release(waiting, waiting.length),
    get held() {
      if (waiting.length === 0) return "nothing";
      return ground.isSuspicious || inString.isSuspicious ? "suspicious" : "little";
    },
    get progress() {
      return ground.progress + inString.progress;
    },
  };
}

/** Behind a colour, a movement of the cursor or a piece of a frame that stands whole at `at`, which most of them do; else `at`. */
function endOfSequence(all: Buffer, at: number): number {
  const second = all[at + 1] as number;
  if (all[at] === 0xe2) return second >= 0x94 && second <= 0x96 && at + 2 < all.length ? at + 3 : at;
  if (all[at] !== 0x1b || second !== 0x5b) return at;
  let end = at + 2;
  while (end < all.length && (all[end] as number) >= 0x20 && (all[end] as number) < 0x40) end += 1;
  return end < all.length && (all[end] as number) >= 0x40 ? end + 1 : at;
}

/** `bytes` begin at place `base`; matches lie in them, or in what went before. */
function withMarkers(bytes: Buffer, base: number, matches: readonly Match[]): Buffer {
  const inside = matches.filter(({ places }) => {
    const end = places.at(-1) as number;
    return end >= base && end < base + bytes.length;
  });
  if (inside.length === 0) return bytes;
  const pieces: Buffer[] = [];
  let at = 0;
  for (const { name, places } of unions(inside)) {
    const from = Math.max(0, (places[0] as number) - base);
    const to = (places.at(-1) as number) - base + 1;
    const text = new Set(places.map((place) => place - base));
    pieces.push(bytes.subarray(at, from), Buffer.from(`[redacted ${name}]`));
    pieces.push(Buffer.from(bytes.subarray(from, to).filter((_, index) => !text.has(from + index))));
    at = to;
  }
  pieces.push(bytes.subarray(at));
  return Buffer.concat(pieces);
}

/** Matches that share letters are one: a secret may stand in another. */
function unions(matches: readonly Match[]): { name: string; places: number[] }[] {
  const sorted = matches.toSorted((one, other) => (one.places[0] as number) - (other.places[0] as number));
  const found: { name: string; places: number[] }[] = [];
  for (const { name, places } of sorted) {
    const last = found.at(-1);
    if (last === undefined || (places[0] as number) > (last.places.at(-1) as number)) {
      found.push({ name, places: [...places] });
    } else {
      if ((places.at(-1) as number) > (last.places.at(-1) as number)) last.name = name;
      last.places = [...new Set([...last.places, ...places])].toSorted((a, b) => a - b);
    }
  }
  return found;
}
