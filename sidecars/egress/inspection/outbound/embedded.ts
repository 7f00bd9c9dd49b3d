// Compressed pieces within other bytes, known by their first bytes: gzip, zstd and the files of a zip anywhere, zlib where
// something begins (at the start, behind a line end or a zero). One that is broken is read as far as it goes: it may be
// something else altogether.

import { constants, inflateRawSync, inflateSync, zstdDecompressSync } from "node:zlib";

import type { Layer } from "./layer.ts";
import { IS_TEXT } from "./text-bytes.ts";

export type Kind = "gzip" | "zip" | "zstd" | "zlib";

/** Where a piece begins. */
export interface Piece {
  readonly at: number;
  readonly kind: Kind;
}

/** What may still be done for the bytes that were given, all decodings of them together. */
export interface Allowance {
  /** Bytes that come out. */
  decompressed: number;
  /** Bytes that are read. */
  read: number;
  /** Pieces that are looked into, those that are none included. */
  pieces: number;
  /** How those begin that are none: the same words come again and again. */
  readonly broken: Set<string>;
}

/** Each costs about 30 µs; the files of an ordinary archive that is held whole are fewer. */
const MOST_PIECES = 4096;
const MOST_DECOMPRESSED = 8 * 1024 * 1024;
/** Each byte belongs to one piece, unless they are made to lie within one another. */
const MOST_READ = 8;
const SPARE_READ = 1024 * 1024;

const TOO_MANY = "there are too many compressed pieces in it to be looked at";
const TOO_LARGE = "something compressed in it is too large to be looked at";

const GZIP = Buffer.from([0x1f, 0x8b, 0x08]);
const ZIP = Buffer.from([0x50, 0x4b, 0x03, 0x04]);
const ZSTD = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);
const ZLIB_LEVELS = [0x01, 0x5e, 0x9c, 0xda];

export function allowanceFor(bytes: number): Allowance {
  return {
    decompressed: MOST_DECOMPRESSED,
    read: bytes * MOST_READ + SPARE_READ,
    pieces: MOST_PIECES,
    broken: new Set(),
  };
}

/**
 * What they decompress to, one after the other, undefined between two steps; in the end why that is not all. Into `open`
 * come those that somebody `follows`: reads from their start, because they are too `large` to be looked at at once; or, of
 * `all`, because they go on behind the last of the bytes.
 */
export function* embeddedLayers(
  bytes: Uint8Array,
  allowance: Allowance,
  follows: "large" | "all" | undefined,
  open: Piece[],
): Generator<Layer | undefined, string | undefined> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  for (const piece of pieceStarts(buffer)) {
    if (allowance.pieces < 0 || allowance.read < 0) return TOO_MANY;
    if (allowance.pieces % 16 === 0) yield undefined;
    const opened = openPiece(buffer, piece, allowance);
    if (opened === undefined) continue;
    if (opened === "too large" && follows === undefined) return TOO_LARGE;
    if (opened === "too large" || (follows === "all" && opened.goesOn)) {
      open.push(piece);
      continue;
    }
    if (opened.bytes.length === 0) continue;
    allowance.decompressed -= opened.bytes.length;
    const { at } = piece;
    yield { bytes: opened.bytes, decoding: "compressed", sourceOf: () => ({ start: at, end: bytes.length }) };
  }
  return allowance.read < 0 ? TOO_MANY : undefined;
}

/**
 * What begins here (also an archive that begins with a file that is not compressed), as far as its first bytes tell:
 * a `piece`, one that `ends` or breaks within them, perhaps one of which only a `header` is there, or none.
 */
export function pieceAt(bytes: Buffer, kind: Kind, allowance: Allowance): "piece" | "ends" | "header" | undefined {
  const data = dataOf(bytes, 0, kind);
  if (data === "more") return "header";
  if (data === "none") return kind === "zip" ? "piece" : undefined;
  const opened = openPiece(bytes, { at: 0, kind }, allowance);
  if (opened === "too large" || opened?.goesOn) return "piece";
  return opened === undefined || opened.bytes.length === 0 ? undefined : "ends";
}

/** Where pieces could begin. */
export function* pieceStarts(buffer: Buffer): Generator<Piece> {
  for (const [magic, kind] of [
    [GZIP, "gzip"],
    [ZIP, "zip"],
    [ZSTD, "zstd"],
  ] as const)
    for (let at = buffer.indexOf(magic); at >= 0; at = buffer.indexOf(magic, at + 1)) yield { at, kind };
  for (let at = buffer.indexOf(0x78); at >= 0; at = buffer.indexOf(0x78, at + 1)) {
    const before = at === 0 ? 0 : buffer[at - 1];
    if ((before === 0 || before === 10) && ZLIB_LEVELS.includes(buffer[at + 1] ?? 0) && !isFormula(buffer, at))
      yield { at, kind: "zlib" };
  }
}

/** `x^2 + 1` begins as zlib does, and would often be taken for it. */
function isFormula(buffer: Buffer, at: number): boolean {
  return buffer[at + 1] === 0x5e && buffer.subarray(at, at + FIRST_PROBE).every((byte) => IS_TEXT[byte] === 1);
}

interface Opened {
  readonly bytes: Buffer;
  /** All that there is was read, and it has not ended. */
  readonly goesOn: boolean;
}

function openPiece(buffer: Buffer, { at, kind }: Piece, allowance: Allowance): Opened | "too large" | undefined {
  const from = dataOf(buffer, at, kind);
  if (from === "none") return undefined;
  const data = from === "more" ? buffer.subarray(buffer.length) : buffer.subarray(from);
  const most = Math.max(1, allowance.decompressed);
  const beginning = data.subarray(0, FIRST_PROBE);
  const key = `${kind} ${beginning.toString("latin1")}`;
  if (allowance.broken.has(key)) return undefined;
  allowance.pieces -= 1;
  const first = decompress(beginning, kind, most, allowance);
  if (first === "broken") return void allowance.broken.add(key);
  if (first === "too large" || !first.goesOn || data.length <= FIRST_PROBE) return first;
  const whole = decompress(data, kind, most, allowance);
  return whole === "broken" ? untilBroken(data, kind, most, allowance, first) : whole;
}

/** What is none breaks here. */
const FIRST_PROBE = 32;

/** What is read before it breaks: by longer and longer beginnings, for one that breaks tells nothing. */
function untilBroken(
  data: Buffer,
  kind: Kind,
  most: number,
  allowance: Allowance,
  first: Opened,
): Opened | "too large" {
  let good = first.bytes;
  let low = FIRST_PROBE;
  let high = data.length;
  while (high - low > Math.max(1, high >> 6) && allowance.read > 0) {
    const size = high === data.length ? Math.min(low * 4, (low + high) >> 1) : (low + high) >> 1;
    const opened = decompress(data.subarray(0, size), kind, most, allowance);
    if (opened === "too large") return opened;
    if (opened === "broken") high = size;
    else {
      low = size;
      good = opened.bytes;
    }
  }
  return { bytes: good, goesOn: false };
}

function decompress(data: Buffer, kind: Kind, most: number, allowance: Allowance): Opened | "too large" | "broken" {
  try {
    const { buffer, engine } = decompressor(kind)(data, most);
    allowance.read -= engine.bytesWritten;
    return { bytes: buffer, goesOn: engine.bytesWritten === data.length };
  } catch (error) {
    allowance.read -= data.length;
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    return code === "ERR_BUFFER_TOO_LARGE" ? "too large" : "broken";
  }
}

interface Decompressed {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}

function decompressor(kind: Kind): (data: Buffer, most: number) => Decompressed {
  const { Z_SYNC_FLUSH: partly, ZSTD_e_flush: partlyToo } = constants;
  const how = (maxOutputLength: number, finishFlush: number) => ({ maxOutputLength, finishFlush, info: true }) as const;
  // Without a header: what follows the piece is no part of it, and would be taken for a broken next one.
  const run = { zstd: zstdDecompressSync, zlib: inflateSync, gzip: inflateRawSync, zip: inflateRawSync }[kind];
  return (data, most) => run(data, how(most, kind === "zstd" ? partlyToo : partly)) as unknown as Decompressed;
}

/** Where the compressed data of a piece begins: behind a header, of which there may be `more` to come. */
export function dataOf(bytes: Buffer, at: number, kind: Kind): number | "more" | "none" {
  switch (kind) {
    case "gzip":
      return gzipData(bytes, at);
    case "zip":
      return zipData(bytes, at);
    case "zlib":
    case "zstd":
      return at;
  }
}

/** Of a gzip file with these flags nobody knows what follows. */
const RESERVED = 0xe0;

/** Where the compressed data of a gzip file begins. */
export function gzipData(bytes: Buffer, start: number): number | "more" | "none" {
  const flags = bytes[start + 3] ?? 0;
  if ((flags & RESERVED) !== 0) return "none";
  let at = start + 10;
  if ((flags & 4) !== 0) at += 2 + (bytes[at] ?? 0) + (bytes[at + 1] ?? 0) * 256;
  for (const named of [8, 16]) {
    if ((flags & named) === 0) continue;
    const end = bytes.indexOf(0, at);
    if (end < 0 || at > bytes.length) return "more";
    at = end + 1;
  }
  if ((flags & 2) !== 0) at += 2;
  return at > bytes.length ? "more" : at;
}

const DEFLATED = 8;

/** None for a file that is only stored: it is read as it stands. */
function zipData(bytes: Buffer, start: number): number | "more" | "none" {
  if (bytes.length < start + 30) return "more";
  if (bytes.readUInt16LE(start + 8) !== DEFLATED) return "none";
  const at = start + 30 + bytes.readUInt16LE(start + 26) + bytes.readUInt16LE(start + 28);
  return at > bytes.length ? "more" : at;
}
