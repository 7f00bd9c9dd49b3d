// Compressed pieces within other bytes, known by their first bytes: gzip, zstd and the files of a zip anywhere, zlib at the
// start. One that is cut off or broken is read as far as it goes: it may be something else altogether.

import { constants, inflateRawSync, inflateSync, zstdDecompressSync } from "node:zlib";

import type { Layer } from "./layer.ts";

const MOST_PIECES = 32;
const GZIP = Buffer.from([0x1f, 0x8b, 0x08]);
const ZIP = Buffer.from([0x50, 0x4b, 0x03, 0x04]);
const ZSTD = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);

export interface Embedded {
  readonly layers: readonly Layer[];
  /** One of them is larger than may be looked into. */
  readonly tooLarge: boolean;
}

/** All of them together give at most `most` bytes. */
export function decodeEmbedded(bytes: Uint8Array, most: number): Embedded {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const layers: Layer[] = [];
  let left = most;
  for (const { at, kind } of starts(buffer)) {
    const opened = open(buffer.subarray(at), kind, left);
    if (opened === "too large") return { layers, tooLarge: true };
    if (opened === undefined || opened.length === 0) continue;
    left -= opened.length;
    layers.push({
      bytes: opened,
      decoding: "compressed",
      sourceOf: () => ({ start: at, end: bytes.length }),
    });
  }
  return { layers, tooLarge: false };
}

type Kind = "gzip" | "zip" | "zstd" | "zlib";

function starts(buffer: Buffer): { at: number; kind: Kind }[] {
  const found: { at: number; kind: Kind }[] = [];
  const add = (magic: Buffer, kind: Kind): void => {
    for (let at = buffer.indexOf(magic); at >= 0 && found.length < MOST_PIECES; at = buffer.indexOf(magic, at + 1))
      found.push({ at, kind });
  };
  if (buffer[0] === 0x78 && [0x01, 0x5e, 0x9c, 0xda].includes(buffer[1] ?? 0)) found.push({ at: 0, kind: "zlib" });
  add(GZIP, "gzip");
  add(ZIP, "zip");
  add(ZSTD, "zstd");
  return found;
}

function open(bytes: Buffer, kind: Kind, most: number): Buffer | "too large" | undefined {
  try {
    const maxOutputLength = Math.max(1, most);
    if (kind === "zstd") return zstdDecompressSync(bytes, { maxOutputLength });
    const options = { maxOutputLength, finishFlush: constants.Z_SYNC_FLUSH };
    if (kind === "zlib") return inflateSync(bytes, options);
    // Without its header: what follows the piece is no part of it, and would be taken for a broken next one.
    return inflateRawSync(bytes.subarray(kind === "gzip" ? gzipHeader(bytes) : zipHeader(bytes)), options);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    return code === "ERR_BUFFER_TOO_LARGE" ? "too large" : undefined;
  }
}

function gzipHeader(bytes: Buffer): number {
  const flags = bytes[3] ?? 0;
  let at = 10;
  if ((flags & 4) !== 0) at += 2 + (bytes[at] ?? 0) + (bytes[at + 1] ?? 0) * 256;
  for (const named of [8, 16]) if ((flags & named) !== 0) at = bytes.indexOf(0, at) + 1;
  return (flags & 2) === 0 ? at : at + 2;
}

/** The end of the bytes for a file that is only stored: it is read as it stands. */
function zipHeader(bytes: Buffer): number {
  if (bytes.length < 30 || bytes.readUInt16LE(8) !== 8) return bytes.length;
  return 30 + bytes.readUInt16LE(26) + bytes.readUInt16LE(28);
}
