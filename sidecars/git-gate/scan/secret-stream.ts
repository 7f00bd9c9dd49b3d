// Scans bytes of any length for secrets in windows that overlap, and tells of each the line.

import type { SecretScanner, Severity } from "#domain/secrets/scanner.ts";

export interface Hit {
  readonly rule: string;
  readonly severity: Severity;
  readonly line: number;
  /** The secret itself: to be masked at once. */
  readonly value: Buffer;
}

const WINDOW_BYTES = 256 * 1024;
/** What stands before a value decides as well whether it is one. */
const BEFORE = 8;
const LF = 0x0a;

/** A line of the file, and where in the window it begins. */
interface Mark {
  readonly offset: number;
  readonly line: number;
}

interface Range {
  readonly from: number;
  readonly to: number;
}

/** Throws when the scanner gives up: such bytes were not scanned. */
export class SecretStream {
  readonly #scanner: SecretScanner;
  readonly #found: (hit: Hit) => void;
  /** Twice, since a text of two bytes a letter is looked at as well. */
  readonly #overlap: number;
  readonly #window: Buffer;
  #length = 0;
  /** What begins before it was told of already. */
  #told = 0;
  #marks: Mark[] = [{ offset: 0, line: 1 }];
  /** Parts of the window that were there before: a secret that is all in them is not told of. */
  #known: Range[] = [];

  constructor(scanner: SecretScanner, found: (hit: Hit) => void) {
    this.#scanner = scanner;
    this.#found = found;
    this.#overlap = scanner.longestMatch * 2;
    this.#window = Buffer.allocUnsafe(Math.max(WINDOW_BYTES, this.#overlap * 4));
  }

  /** What is written next begins this line. */
  at(line: number): void {
    if (this.#length === 0) this.#marks = [];
    else if (this.#window[this.#length - 1] !== LF) this.write(Buffer.of(LF), true);
    this.#marks.push({ offset: this.#length, line });
  }

  /** `known`: it was there before, and is looked at for what is new around it. */
  write(bytes: Uint8Array, known = false): void {
    let from = 0;
    while (from < bytes.length) {
      const part = bytes.subarray(from, from + this.#window.length - this.#length);
      this.#window.set(part, this.#length);
      if (known) this.#know(this.#length, this.#length + part.length);
      this.#length += part.length;
      from += part.length;
      if (this.#length === this.#window.length) this.#slide();
    }
  }

  /** Whatever is written after it belongs to something else. */
  end(): void {
    if (this.#length > 0) this.#scan(this.#length);
    this.#length = 0;
    this.#told = 0;
    this.#marks = [{ offset: 0, line: 1 }];
    this.#known = [];
  }

  #know(from: number, to: number): void {
    const last = this.#known.at(-1);
    if (last?.to === from) this.#known[this.#known.length - 1] = { from: last.from, to };
    else this.#known.push({ from, to });
  }

  #isKnown(from: number, to: number): boolean {
    return this.#known.some((range) => range.from <= from && to <= range.to);
  }

  #slide(): void {
    const until = this.#length - this.#overlap;
    this.#scan(until);
    const kept = until - BEFORE;
    const line = this.#lineAt(kept);
    this.#window.copyWithin(0, kept, this.#length);
    this.#length -= kept;
    this.#told = BEFORE;
    this.#known = this.#known
      .filter(({ to }) => to > kept)
      .map(({ from, to }) => ({ from: Math.max(0, from - kept), to: to - kept }));
    const marks = this.#marks.filter(({ offset }) => offset > kept);
    this.#marks = [{ offset: 0, line }, ...marks.map((mark) => ({ ...mark, offset: mark.offset - kept }))];
  }

  /** Tells what begins before `until`. */
  #scan(until: number): void {
    const bytes = this.#window.subarray(0, this.#length);
    this.#scanBytes(bytes, until, (at) => at);
    if (bytes.includes(0)) this.#scanWide(bytes, until);
  }

  /** A text in UTF-16 is one of ASCII with zeros between, whichever way round. */
  #scanWide(bytes: Buffer, until: number): void {
    const narrow = Buffer.allocUnsafe(bytes.length);
    const places = new Uint32Array(bytes.length);
    let length = 0;
    for (let at = 0; at < bytes.length; at += 1) {
      if (bytes[at] === 0) continue;
      narrow[length] = bytes[at]!;
      places[length] = at;
      length += 1;
    }
    this.#scanBytes(narrow.subarray(0, length), until, (at) => places[at]!);
  }

  #scanBytes(bytes: Buffer, until: number, placeOf: (at: number) => number): void {
    const { matches, exhausted } = this.#scanner.scan(bytes);
    if (exhausted) throw new Error("too much in it looks like secrets to be looked at");
    for (const { rule, severity, start, end } of matches) {
      const place = placeOf(start);
      if (place < this.#told || place >= until || this.#isKnown(place, placeOf(end - 1) + 1)) continue;
      this.#found({ rule, severity, line: this.#lineAt(place), value: Buffer.from(bytes.subarray(start, end)) });
    }
  }

  #lineAt(place: number): number {
    const mark = this.#marks.findLast(({ offset }) => offset <= place) ?? { offset: 0, line: 1 };
    let line = mark.line;
    for (let at = this.#window.indexOf(LF, mark.offset); at >= 0 && at < place; at = this.#window.indexOf(LF, at + 1))
      line += 1;
    return line;
  }
}
