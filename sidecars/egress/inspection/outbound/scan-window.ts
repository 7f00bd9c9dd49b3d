// The part of a long body that is looked at: what came last, and before it as much of what was looked at already as a value
// could reach back. Offsets are those of the whole body.

import type { SecretScanner } from "#domain/secrets/scanner.ts";

import { type DeepOptions, type DeepMatch, type DeepScan, deepScanInSteps } from "./deep-scan.ts";
import type { Span } from "./layer.ts";

const WINDOW_BYTES = 128 * 1024;
const LEAST_HELD = 4096;
const MOST_HELD = 16 * 1024;

/** How much of the end is held back: a value as it is encoded may be a few times as long. */
export function heldBack(scanner: SecretScanner): number {
  return Math.min(MOST_HELD, Math.max(LEAST_HELD, scanner.longestMatch * 4));
}

export class ScanWindow {
  readonly #scanner: SecretScanner;
  readonly #options: DeepOptions;
  readonly #held: number;
  #buffer = Buffer.allocUnsafe(WINDOW_BYTES);
  #length = 0;
  /** Of the buffer's first byte. */
  #base = 0;
  /** Up to here it was let go. */
  #released = 0;
  #scanned = 0;

  constructor(scanner: SecretScanner, options: DeepOptions) {
    this.#scanner = scanner;
    this.#options = { ...options, follows: "all" };
    this.#held = heldBack(scanner);
  }

  /** Of the first byte that is still held. */
  get base(): number {
    return this.#base;
  }

  get released(): number {
    return this.#released;
  }

  get end(): number {
    return this.#base + this.#length;
  }

  get isFull(): boolean {
    return this.#length === this.#buffer.length;
  }

  get hasNews(): boolean {
    return this.end > this.#scanned;
  }

  /** Copies what there is room for; how much that was. */
  add(bytes: Buffer, from: number): number {
    const taken = bytes.copy(this.#buffer, this.#length, from);
    this.#length += taken;
    return taken;
  }

  /** Looks at what is new, and as far back as a value could reach. Places are those within `bytes`. */
  async scan(): Promise<DeepScan & { readonly bytes: Buffer }> {
    const bytes = this.#buffer.subarray(0, this.#length);
    const from = Math.max(0, this.#scanned - this.#base - this.#held);
    this.#scanned = this.end;
    const looked = await deepScanInSteps(this.#scanner, from === 0 ? bytes : bytes.subarray(from), this.#options);
    if (from === 0) return { ...looked, bytes };
    const moved = <Place extends Span>(place: Place): Place => {
      return { ...place, start: place.start + from, end: place.end + from };
    };
    const matches = looked.matches.map(moved);
    const spans = looked.spans === looked.matches ? matches : looked.spans.map(moved);
    return { ...looked, matches, spans, open: looked.open.map((one) => ({ ...one, at: one.at + from })), bytes };
  }

  /** What was found begins in bytes that are gone already. */
  isPartlyGone({ start }: DeepMatch): boolean {
    return this.#base + start < this.#released;
  }

  /** In place, where it still is. */
  star({ start, end }: DeepMatch): void {
    this.#buffer.fill("*", Math.max(start, this.#released - this.#base), end);
  }

  /**
   * Up to where it may go: `all` of it, or `flow` (more is coming: as much as a value could reach back stays), or `pause`
   * (nothing is coming now: the last word stays). Nothing of `unfinished` goes, a match that may go on.
   */
  limit(how: "all" | "flow" | "pause", unfinished: DeepMatch | undefined): number {
    const goes = how === "all" ? this.#length : how === "flow" ? this.#length - this.#held : this.#lastWord();
    return Math.max(this.#released, this.#base + Math.min(goes, unfinished?.start ?? goes));
  }

  /** The bytes up to the limit; they are not touched again. */
  release(limit: number): Buffer {
    const bytes = this.#buffer.subarray(this.#released - this.#base, limit - this.#base);
    this.#released = limit;
    return bytes;
  }

  /** Makes room, when there is none: what was let go stays in its old place, for somebody may hold it. */
  slide(): void {
    if (this.#length < this.#buffer.length) return;
    const keep = Math.max(this.end - this.#released, Math.min(this.#held, this.#length));
    const next = Buffer.allocUnsafe(Math.max(WINDOW_BYTES, keep * 2));
    this.#buffer.copy(next, 0, this.#length - keep, this.#length);
    this.#base = this.end - keep;
    this.#buffer = next;
    this.#length = keep;
  }

  #lastWord(): number {
    const least = Math.max(0, this.#length - this.#held);
    let at = this.#length;
    while (at > least && IS_WORD[this.#buffer[at - 1]!] === 1) at -= 1;
    return at;
  }
}

/** What values are made of, encoded ones too. */
const IS_WORD = new Uint8Array(256);
for (const char of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=_-.%\\:@~*!$&")
  IS_WORD[char.charCodeAt(0)] = 1;
