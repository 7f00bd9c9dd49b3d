// Base64 (standard and url-safe, padded or not, in lines or not) and hex within any bytes. Where a run begins says nothing
// of where its groups do (a path goes before it, a window cuts it), so that all four are tried; of what is decoded, only
// what reads as text is kept, which is little of anything that was no text before.

import { NO_VALUE as NONE, SEXTET } from "./base64-values.ts";
import { type Allowance, pieceAt, type Kind, type Piece, pieceStarts } from "./embedded.ts";
import { type Layer, LayerBuilder, type Span } from "./layer.ts";
import { hasText, IS_TEXT, SHORTEST_TEXT } from "./text-bytes.ts";

/** Shorter ones hold nothing that a rule would find. */
const SHORTEST_RUN = 16;
/** A line of base64 that goes on in the next is at least so long. */
const SHORTEST_LINE = 32;
/** Of what seems to be compressed: so much shows whether it is. */
const PROBE = 1600;

const BACKSLASH = 0x5c;
const LETTER_N = 0x6e;
const LETTER_R = 0x72;
const NIBBLE = table((byte) => "0123456789abcdef".indexOf(byte.toLowerCase()));

interface Run {
  readonly from: number;
  readonly to: number;
}

interface Base64Piece {
  readonly run: Run;
  /** Of the piece's first byte, counted in the run. */
  readonly sextet: number;
}

export interface DecodedRuns {
  readonly layers: readonly Layer[];
  /** Compressed pieces that go on to the end of their run. */
  readonly pieces: readonly EncodedPiece[];
}

export interface EncodedPiece extends Piece {
  readonly encoding: "base64" | "hex";
  /** The end of the run. */
  readonly to: number;
  readonly seen: "piece" | "ends" | "header";
}

interface Decoder {
  readonly bytes: Uint8Array;
  readonly allowance: Allowance;
  readonly base64: LayerBuilder<Base64Piece>;
  readonly hex: LayerBuilder<number>;
  readonly pieces: EncodedPiece[];
}

/** What stands in base64 runs of `bytes`, and what in hex ones; what is compressed is kept whole. */
export function decodeRuns(bytes: Uint8Array, allowance: Allowance): DecodedRuns {
  const base64 = new LayerBuilder<Base64Piece>();
  const hex = new LayerBuilder<number>();
  const into: Decoder = { bytes, allowance, base64, hex, pieces: [] };
  for (let at = SHORTEST_RUN - 1; at < bytes.length; at += SHORTEST_RUN) {
    if (SEXTET[bytes[at]!] === NONE) continue;
    // Most are the end of a short word: that is known soon, and nothing else is done about them.
    let from = at;
    while (from > 0 && at - from < SHORTEST_RUN && SEXTET[bytes[from - 1]!] !== NONE) from -= 1;
    let to = at + 1;
    while (to - from < SHORTEST_RUN && to < bytes.length && SEXTET[bytes[to]!] !== NONE) to += 1;
    if (to - from < SHORTEST_RUN) continue;
    const run = { from, to: readRun(bytes, from) };
    decodeHex(run, into);
    decodeBase64(run, into);
    at = run.to - 1;
  }
  const layers = [
    base64.build("base64", ({ run, sextet }, start, end) => ({
      start: placeOf(bytes, run, sextet + Math.floor((start * 4) / 3)),
      end: placeOf(bytes, run, sextet + Math.ceil((end * 4) / 3) - 1) + 1,
    })),
    hex.build("hex", (from, start, end): Span => ({ start: from + start * 2, end: from + end * 2 })),
  ].filter((layer) => layer !== undefined);
  return { layers, pieces: into.pieces };
}

/** The values of the run that was read last, without line ends. */
let sextets = new Uint8Array(4096);
let count = 0;

/** Reads the run that begins at `from`, over the ends of its lines; where it ends. */
function readRun(bytes: Uint8Array, from: number): number {
  count = 0;
  for (let line = from; ;) {
    let to = line;
    while (to < bytes.length && SEXTET[bytes[to]!] !== NONE) to += 1;
    if (sextets.length < count + to - line) sextets = grown(sextets, count + to - line);
    const values = sextets;
    const shift = count - line;
    for (let at = line; at < to; at += 1) values[at + shift] = SEXTET[bytes[at]!]!;
    count += to - line;
    const next = to - line < SHORTEST_LINE ? to : nextLine(bytes, to);
    if (next === to || next >= bytes.length || SEXTET[bytes[next]!] === NONE) return to;
    line = next;
  }
}

function grown(old: Uint8Array<ArrayBuffer>, needed: number): Uint8Array<ArrayBuffer> {
  const bigger = new Uint8Array(needed * 2);
  bigger.set(old);
  return bigger;
}

/** Behind a line end, as it is or as JSON has it, and the blanks that indent the next line; `at` itself where there is none. */
function nextLine(bytes: Uint8Array, at: number): number {
  let next = at;
  if (bytes[next] === BACKSLASH) {
    if (bytes[next + 1] === LETTER_R && bytes[next + 2] === BACKSLASH) next += 2;
    return bytes[next + 1] === LETTER_N ? next + 2 : at;
  }
  if (bytes[next] === 13) next += 1;
  if (bytes[next] !== 10) return at;
  next += 1;
  while (next - at < 16 && (bytes[next] === 32 || bytes[next] === 9)) next += 1;
  return next;
}

function decodeBase64(run: Run, into: Decoder): void {
  const values = sextets;
  for (let phase = 0; phase < 4; phase += 1) keepTexts(values, run, phase, into.base64);
  /** Phases of which all the rest is kept: other pieces in it are found there. */
  let kept = 0;
  const last = count - 4;
  for (let at = 0; at <= last; at += 1) {
    if (IS_FIRST[values[at]!] === 0) continue;
    const kind = kindAt(at);
    if (kind === undefined || (kind !== "zlib" && (kept & (1 << (at & 3))) !== 0)) continue;
    if (into.allowance.pieces < 0 || into.allowance.read < 0) return;
    const probe = Buffer.allocUnsafe(PROBE);
    const beginning = probe.subarray(0, decodeInto(probe, 0, at, Math.min(count, at + PROBE)));
    const seen = pieceAt(beginning, kind, into.allowance);
    if (seen === undefined) continue;
    into.pieces.push({
      at: placeOf(into.bytes, run, at),
      to: run.to,
      kind,
      encoding: "base64",
      seen,
    });
    keep(run, at, count, into.base64);
    into.allowance.read -= count - at;
    if (kind !== "zlib") kept |= 1 << (at & 3);
  }
}

/** Any text of SHORTEST_TEXT bytes has a whole group at one of every two groups' places: only these are looked at. */
function keepTexts(values: Uint8Array, run: Run, phase: number, into: LayerBuilder<Base64Piece>): void {
  const stop = count - 4;
  for (let at = phase; at <= stop; at += 8) {
    if (!isTextGroup(values, at)) continue;
    let first = at;
    while (first - 4 >= phase && isTextGroup(values, first - 4)) first -= 4;
    let last = at + 4;
    while (last <= stop && isTextGroup(values, last)) last += 4;
    // The groups at both ends may be text in part: they are kept with it.
    first = Math.max(phase, first - 4);
    const end = Math.min(count, last + 4);
    if (((end - first) * 3) / 4 >= SHORTEST_TEXT) keep(run, first, end, into);
    at = phase + Math.floor((last - phase) / 8) * 8;
  }
}

function isTextGroup(values: Uint8Array, at: number): boolean {
  const b = values[at + 1]!;
  if (IS_TEXT[(values[at]! << 2) | (b >> 4)] === 0) return false;
  const c = values[at + 2]!;
  return IS_TEXT[((b & 15) << 4) | (c >> 2)] === 1 && IS_TEXT[((c & 3) << 6) | values[at + 3]!] === 1;
}

/** What begins with the group at `at`: `H4sI` is gzip, `KLUv/Q` zstd, `UEsDB` a file of a zip, `eJx…` zlib. */
function kindAt(at: number): Kind | undefined {
  const a = sextets[at]!;
  const b = sextets[at + 1]!;
  const c = sextets[at + 2]!;
  const d = sextets[at + 3]!;
  if (a === 7) return b === 56 && c === 44 && d === 8 ? "gzip" : undefined;
  if (a === 10) return b === 11 && c === 20 && d === 47 ? "zstd" : undefined;
  if (a === 20) return b === 4 && c === 44 && d === 3 ? "zip" : undefined;
  if (((a << 2) | (b >> 4)) !== 0x78) return undefined;
  const second = ((b & 15) << 4) | (c >> 2);
  return second === 0x01 || second === 0x5e || second === 0x9c || second === 0xda ? "zlib" : undefined;
}

/** The first value of every kind. */
const IS_FIRST = new Uint8Array(256);
for (const value of [7, 10, 20, 30]) IS_FIRST[value] = 1;

function keep(run: Run, from: number, to: number, into: LayerBuilder<Base64Piece>): void {
  const { bytes, at } = into.open(Math.ceil(((to - from) * 3) / 4));
  into.commit(decodeInto(bytes, at, from, to), { run, sextet: from });
}

/** Decodes the run's values `from`…`to`; where they end in `bytes`. */
function decodeInto(bytes: Uint8Array, at: number, from: number, to: number): number {
  let out = at;
  for (let index = from; index < to; index += 4) {
    const a = sextets[index]!;
    const b = index + 1 < to ? sextets[index + 1]! : 0;
    const c = index + 2 < to ? sextets[index + 2]! : 0;
    const d = index + 3 < to ? sextets[index + 3]! : 0;
    bytes[out] = (a << 2) | (b >> 4);
    bytes[out + 1] = ((b & 15) << 4) | (c >> 2);
    bytes[out + 2] = ((c & 3) << 6) | d;
    out += Math.min(3, Math.floor(((to - index) * 3) / 4));
  }
  return out;
}

/** Where in the source the run's value number `wanted` stands: line ends are passed over. */
function placeOf(bytes: Uint8Array, run: Run, wanted: number): number {
  let seen = 0;
  for (let at = run.from; at < run.to;) {
    if (SEXTET[bytes[at]!] === NONE) {
      at = Math.max(at + 1, nextLine(bytes, at));
      continue;
    }
    if (seen === wanted) return at;
    seen += 1;
    at += 1;
  }
  return run.to - 1;
}

/** Both ways to pair the digits: a letter before the first may be one as well. */
function decodeHex({ from, to }: Run, into: Decoder): void {
  const { bytes } = into;
  for (let at = from + SHORTEST_RUN - 1; at < to; at += SHORTEST_RUN) {
    if (NIBBLE[bytes[at]!] === NONE) continue;
    let first = at;
    while (first > from && at - first < SHORTEST_RUN && NIBBLE[bytes[first - 1]!] !== NONE) first -= 1;
    let end = at + 1;
    while (end < to && NIBBLE[bytes[end]!] !== NONE) end += 1;
    if (end - first >= SHORTEST_RUN) {
      keepHex(first, end, into);
      keepHex(first + 1, end, into);
    }
    at = Math.max(at, end - 1);
  }
}

function keepHex(from: number, to: number, into: Decoder): void {
  const { bytes, hex, allowance, pieces } = into;
  const { bytes: out, at } = hex.open((to - from) >> 1);
  let end = at;
  for (let index = from; index + 1 < to; index += 2) {
    out[end] = (NIBBLE[bytes[index]!]! << 4) | NIBBLE[bytes[index + 1]!]!;
    end += 1;
  }
  const piece = firstPiece(out.subarray(at, end), allowance);
  if (piece !== undefined) pieces.push({ ...piece, at: from + piece.at * 2, to, encoding: "hex" });
  if (piece !== undefined || hasText(out, at, end, SHORTEST_TEXT - 2)) hex.commit(end, from);
}

function firstPiece(bytes: Uint8Array, allowance: Allowance): (Piece & Pick<EncodedPiece, "seen">) | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  for (const piece of pieceStarts(buffer)) {
    if (allowance.pieces < 0 || allowance.read < 0) return { ...piece, seen: "ends" };
    const seen = pieceAt(buffer.subarray(piece.at, piece.at + PROBE), piece.kind, allowance);
    if (seen !== undefined) return { ...piece, seen };
  }
  return undefined;
}

function table(value: (byte: string) => number): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => {
    const found = byte < 128 ? value(String.fromCharCode(byte)) : -1;
    return found < 0 ? NONE : found;
  });
}
