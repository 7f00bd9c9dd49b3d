// Compressed pieces that go on behind what is held of a body, and base64 or hex of such: each is decoded as the body passes, and
// looked at by itself, until it ends or turns out to be something else.

import { IS_BASE64 } from "./base64-values.ts";
import { CannotDecode } from "./cannot-decode.ts";
import { type ContentDecoder, openDecoder } from "./content-coding.ts";
import type { OpenPiece } from "./deep-scan.ts";
import { dataOf, type Kind } from "./embedded.ts";

/** What a piece decodes to, and who looks at it. */
export interface Inner {
  add(decoded: Buffer): Promise<void>;
  /** At all that was added. */
  look(): Promise<void>;
  close(): void;
}

export interface FollowDeps {
  readonly openInner: (decoding: "compressed" | "base64" | "hex") => Inner;
  /** What is thrown where a piece cannot be followed. */
  readonly refuse: (why: string) => Error;
}

interface Follower {
  /** False when it has ended. */
  take(bytes: Buffer): Promise<boolean>;
  close(): void;
  readonly inner: Inner;
}

interface Live {
  readonly follower: Follower;
  /** Of the body: up to here it was fed. */
  fed: number;
}

/** Honest ones come one after the other. */
const MOST_FOLLOWED = 8;

export class Followers {
  readonly #deps: FollowDeps;
  #live: Live[] = [];
  /** Where those begin that were followed once, by their decoding. */
  readonly #known = { none: new Set<number>(), base64: new Set<number>(), hex: new Set<number>() };

  constructor(deps: FollowDeps) {
    this.#deps = deps;
  }

  /** `bytes` begin at `base` of the body; pieces are places in them. */
  async feed(pieces: readonly OpenPiece[], bytes: Buffer, base: number): Promise<void> {
    if (pieces.length === 0 && this.#live.length === 0) return;
    for (const live of this.#live.slice()) await this.#feed(live, bytes, base);
    // One after the other: most end at once.
    for (const piece of pieces) {
      const live = this.#open(piece, bytes, base);
      if (live !== undefined) await this.#feed(live, bytes, base);
    }
    for (const known of Object.values(this.#known)) for (const at of known) if (at < base) known.delete(at);
  }

  /** At all that was decoded. */
  async look(): Promise<void> {
    for (const { follower } of this.#live) await follower.inner.look();
  }

  close(): void {
    for (const { follower } of this.#live) follower.close();
    this.#live = [];
  }

  async #feed(live: Live, bytes: Buffer, base: number): Promise<void> {
    const { follower, fed } = live;
    live.fed = base + bytes.length;
    if (await follower.take(bytes.subarray(fed - base))) return;
    this.#live.splice(this.#live.indexOf(live), 1);
    await follower.inner.look();
    follower.close();
  }

  #open(piece: OpenPiece, bytes: Buffer, base: number): Live | undefined {
    const start = base + piece.at;
    const known = this.#known[piece.encoding];
    if (known.has(start)) return undefined;
    known.add(start);
    if (piece.encoding !== "none" && piece.kind !== "zlib" && this.#isWithin(piece, bytes, base)) return undefined;
    const { openInner, refuse } = this.#deps;
    if (this.#live.length >= MOST_FOLLOWED) throw refuse("there are too many compressed pieces within one another");
    const follower =
      piece.encoding === "none"
        ? new CompressedFollower(piece.kind, openInner("compressed"), refuse)
        : new EncodedFollower(piece.encoding, openInner(piece.encoding));
    const live: Live = { follower, fed: start };
    this.#live.push(live);
    return live;
  }

  /** It is decoded already, as a part of a run that began before it. */
  #isWithin(piece: OpenPiece, bytes: Buffer, base: number): boolean {
    return this.#live.some(({ follower, fed }) => {
      if (!(follower instanceof EncodedFollower) || follower.encoding !== piece.encoding) return false;
      const to = fed - base;
      const between = piece.at >= to ? countOf(bytes, to, piece.at) : -countOf(bytes, piece.at, to);
      return (follower.count + between) % follower.group === 0;
    });
  }
}

const BACKSLASH = 0x5c;
const SLASH = 0x2f;

function countOf(bytes: Buffer, from: number, to: number): number {
  let count = 0;
  for (let at = Math.max(0, from); at < to; at += 1) {
    const isLineEnd = bytes[at - 1] === BACKSLASH && bytes[at] !== SLASH;
    if (!isLineEnd) count += IS_BASE64[bytes[at]!]!;
  }
  return count;
}

/** A name in the header of a gzip file is short. */
const LONGEST_HEADER = 256 * 1024;
/** A decoder that meets broken data forgets what it made of the same chunk: so they are small. */
const CHUNK = 16 * 1024;
/** What becomes no larger is no bomb. */
const HARMLESS = 16 * 1024 * 1024;

class CompressedFollower implements Follower {
  readonly inner: Inner;
  readonly #kind: Kind;
  readonly #refuse: (why: string) => Error;
  #header: Buffer = Buffer.alloc(0);
  #decoder: ContentDecoder | undefined;

  constructor(kind: Kind, inner: Inner, refuse: (why: string) => Error) {
    this.#kind = kind;
    this.inner = inner;
    this.#refuse = refuse;
  }

  async take(bytes: Buffer): Promise<boolean> {
    if (this.#decoder !== undefined) return await this.#decode(this.#decoder, bytes);
    const start = (this.#header = Buffer.concat([this.#header, bytes]));
    const from = dataOf(start, 0, this.#kind);
    if (from === "none") return false;
    if (from === "more" && start.length > LONGEST_HEADER) throw this.#refuse("the header of a file in it is too long");
    if (from === "more") return true;
    this.#decoder = openDecoder([CODING[this.#kind]], HARMLESS);
    this.#header = Buffer.alloc(0);
    return await this.#decode(this.#decoder, start.subarray(from));
  }

  close(): void {
    this.#decoder?.close();
    this.inner.close();
  }

  async #decode(decoder: ContentDecoder, bytes: Buffer): Promise<boolean> {
    try {
      for (let at = 0; at < bytes.length; at += CHUNK)
        await decoder.feed(bytes.subarray(at, at + CHUNK), (decoded) => this.inner.add(decoded));
      return true;
    } catch (error) {
      if (!(error instanceof CannotDecode)) throw error;
      if (error.isBomb) throw this.#refuse(`of something in it, ${error.message}`);
      return false;
    }
  }
}

/** Without their headers: what follows them is no part of them. */
const CODING: Readonly<Record<Kind, string>> = {
  gzip: "raw deflate",
  zip: "raw deflate",
  zlib: "deflate",
  zstd: "zstd",
};

/** Blanks and line ends, and the letters of those that are escaped. */
const IS_BETWEEN = new Uint8Array(256);
for (const char of " \t\r\n\\") IS_BETWEEN[char.charCodeAt(0)] = 1;

const IS_HEX = new Uint8Array(256);
for (const char of "0123456789abcdefABCDEF") IS_HEX[char.charCodeAt(0)] = 1;

class EncodedFollower implements Follower {
  readonly inner: Inner;
  readonly encoding: "base64" | "hex";
  /** Letters that are decoded together. */
  readonly group: number;
  /** Letters that were read. */
  count = 0;
  #rest = "";
  #isEscaped = false;

  constructor(encoding: "base64" | "hex", inner: Inner) {
    this.encoding = encoding;
    this.group = encoding === "hex" ? 2 : 4;
    this.inner = inner;
  }

  async take(bytes: Buffer): Promise<boolean> {
    const isLetter = this.encoding === "hex" ? IS_HEX : IS_BASE64;
    const letters = Buffer.allocUnsafe(bytes.length);
    let length = 0;
    let at = 0;
    for (; at < bytes.length; at += 1) {
      const byte = bytes[at]!;
      if (this.#isEscaped) {
        this.#isEscaped = false;
        if (byte === 0x6e || byte === 0x72) continue;
        if (byte !== SLASH) break;
      }
      if (isLetter[byte] === 1) letters[length++] = byte;
      else if (byte === BACKSLASH) this.#isEscaped = true;
      else if (IS_BETWEEN[byte] === 0) break;
    }
    this.count += length;
    const text = this.#rest + letters.toString("latin1", 0, length);
    const whole = at < bytes.length ? text.length : text.length - (text.length % this.group);
    this.#rest = text.slice(whole);
    await this.inner.add(Buffer.from(text.slice(0, whole), this.encoding));
    return at === bytes.length;
  }

  close(): void {
    this.inner.close();
  }
}
