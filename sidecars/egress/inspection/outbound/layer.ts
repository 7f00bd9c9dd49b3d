// What a decoding yields: bytes that are scanned as they are, and for each place in them where it came from.

/** In words, for `where`. */
export type Decoding =
  | "percent-encoded"
  | "escaped"
  | "quoted-printable"
  | "HTML-escaped"
  | "UTF-16"
  | "base64"
  | "base32"
  | "hex"
  | "compressed";

export interface Layer {
  readonly bytes: Uint8Array;
  readonly decoding: Decoding;
  /** Where the value at `start`…`end` stands in the bytes that were decoded. */
  readonly sourceOf: (start: number, end: number) => Span;
}

export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Collects decoded pieces, apart from each other, so that nothing matches across two of them. */
export class LayerBuilder<Source> {
  #bytes = new Uint8Array(0);
  #length = 0;
  readonly #pieces: { readonly start: number; readonly source: Source }[] = [];

  /** Room for `size` bytes of a new piece; `commit` says how many were used. */
  open(size: number): { readonly bytes: Uint8Array; readonly at: number } {
    const needed = this.#length + size + 1;
    if (this.#bytes.length < needed) {
      const grown = new Uint8Array(Math.max(1024, needed, this.#bytes.length * 2));
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = grown;
    }
    return { bytes: this.#bytes, at: this.#length };
  }

  commit(end: number, source: Source): void {
    this.#pieces.push({ start: this.#length, source });
    this.#bytes[end] = 0;
    this.#length = end + 1;
  }

  /** Undefined when there is no piece. */
  build(decoding: Decoding, locate: (source: Source, start: number, end: number) => Span): Layer | undefined {
    if (this.#pieces.length === 0) return undefined;
    const pieces = this.#pieces;
    return {
      bytes: this.#bytes.subarray(0, this.#length),
      decoding,
      sourceOf(start, end) {
        const piece = pieceAt(pieces, start);
        return locate(piece.source, start - piece.start, end - piece.start);
      },
    };
  }
}

function pieceAt<Piece extends { readonly start: number }>(pieces: readonly Piece[], at: number): Piece {
  let low = 0;
  for (let high = pieces.length - 1; low < high;) {
    const middle = (low + high + 1) >> 1;
    if (pieces[middle]!.start <= at) low = middle;
    else high = middle - 1;
  }
  return pieces[low]!;
}
