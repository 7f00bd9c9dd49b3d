// The coding `aws-chunked` of uploads to S3 taken off: pieces with a line before each that gives its length and perhaps a
// signature, and trailers behind the last.

import { CannotDecode } from "./cannot-decode.ts";

const LINE = /^([0-9a-f]{1,8})(?:;chunk-signature=[0-9a-f*]{1,160})?$/i;
const LONGEST_LINE = 256;
const NEW_LINE = 10;

export class AwsChunked {
  #line = "";
  /** Bytes of the piece that are still to come. */
  #left = 0;
  #isBehindPiece = false;
  #isInTrailers = false;

  /** What of the chunk is content, or trailers: these are looked at as they are. */
  *take(chunk: Buffer): Generator<Buffer> {
    for (let at = 0; at < chunk.length;) {
      if (this.#isInTrailers) return void (yield chunk.subarray(at));
      if (this.#left > 0) {
        const content = chunk.subarray(at, at + this.#left);
        at += content.length;
        this.#left -= content.length;
        this.#isBehindPiece = this.#left === 0;
        yield content;
        continue;
      }
      const end = chunk.indexOf(NEW_LINE, at);
      this.#line += chunk.toString("latin1", at, end < 0 ? chunk.length : end);
      if (this.#line.length > LONGEST_LINE) throw invalid();
      if (end < 0) return;
      at = end + 1;
      this.#endLine();
    }
  }

  end(): void {
    if (!this.#isInTrailers) throw invalid();
  }

  #endLine(): void {
    const line = this.#line.replace(/\r$/, "");
    this.#line = "";
    if (this.#isBehindPiece) {
      if (line !== "") throw invalid();
      this.#isBehindPiece = false;
      return;
    }
    const [, length] = LINE.exec(line) ?? [];
    if (length === undefined) throw invalid();
    this.#left = Number.parseInt(length, 16);
    this.#isInTrailers = this.#left === 0;
  }
}

function invalid(): CannotDecode {
  return new CannotDecode("it is no valid aws-chunked");
}
