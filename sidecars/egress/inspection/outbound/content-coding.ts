// Content-Encoding taken off, one coding after the other, chunk by chunk: what a chunk decodes to is handed on before the
// next is taken, so that nothing piles up. A bomb, an unknown coding and broken data end it with CannotDecode.

import type { Transform } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw, createZstdDecompress } from "node:zlib";

import { AwsChunked } from "./aws-chunked.ts";
import { CannotDecode } from "./cannot-decode.ts";

export type Sink = (decoded: Buffer) => Promise<void> | void;

export interface ContentDecoder {
  feed(chunk: Buffer, sink: Sink): Promise<void>;
  /** All was fed; throws CannotDecode when it ends too early. */
  end(sink: Sink): Promise<void>;
  close(): void;
}

/** Decoded bytes for one that came, beyond a first MiB: text has 20, zeros have a thousand. */
const MOST_RATIO = 200;
const FREE = 1024 * 1024;
const MOST_CODINGS = 3;

/** In the order they are taken off. Empty: the body is as it is. A string says what is not known. */
export function codingsOf(contentEncoding: string | undefined): readonly string[] | { readonly unknown: string } {
  const names = (contentEncoding ?? "")
    .split(",")
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== "" && name !== "identity");
  const unknown = names.find((name) => !CODINGS.has(name));
  if (unknown !== undefined) return { unknown };
  return names.length > MOST_CODINGS ? { unknown: "more than three codings" } : names.toReversed();
}

/** The pieces of an upload to S3: no compression. */
export const AWS_CHUNKED = "aws-chunked";
const CODINGS = new Set(["gzip", "x-gzip", "deflate", "br", "zstd", AWS_CHUNKED]);

/** `free` bytes may come out of however little. */
export function openDecoder(codings: readonly string[], free: number = FREE): ContentDecoder {
  const stages: readonly Step[] = codings.map((coding) =>
    coding === AWS_CHUNKED ? new Unframing() : new Stage(coding),
  );
  let came = 0;
  let made = 0;
  const pass = async (index: number, chunk: Buffer | null, sink: Sink): Promise<void> => {
    const stage = stages[index];
    if (stage !== undefined) {
      await stage.pass(chunk, (out) => pass(index + 1, out, sink));
      if (chunk === null) await pass(index + 1, null, sink);
      return;
    }
    if (chunk === null) return;
    made += chunk.length;
    if (made > free + came * MOST_RATIO) throw new CannotDecode("it becomes far larger when it is decompressed", true);
    await sink(chunk);
  };
  return {
    feed(chunk, sink) {
      came += chunk.length;
      return pass(0, chunk, sink);
    },
    end: (sink) => pass(0, null, sink),
    close() {
      for (const stage of stages) stage.close();
    },
  };
}

/** Bytes that it took of what was given: those behind the end of its data it leaves. */
type Decompressor = Transform & { readonly bytesWritten: number };

interface Step {
  /** `null` is the end. */
  pass(chunk: Buffer | null, sink: Sink): Promise<void>;
  close(): void;
}

class Unframing implements Step {
  readonly #pieces = new AwsChunked();

  async pass(chunk: Buffer | null, sink: Sink): Promise<void> {
    if (chunk === null) this.#pieces.end();
    else for (const content of this.#pieces.take(chunk)) await sink(content);
  }

  close(): void {}
}

class Stage implements Step {
  readonly #coding: string;
  #stream: Decompressor | undefined;
  /** Bytes that were given to it. */
  #fed = 0;
  #failed: CannotDecode | undefined;
  #wake: () => void = () => {};
  #ended = false;

  constructor(coding: string) {
    this.#coding = coding;
  }

  async pass(chunk: Buffer | null, sink: Sink): Promise<void> {
    if (chunk?.length === 0 || (chunk === null && this.#stream === undefined)) return; // nothing came at all
    if (this.#ended && chunk !== null) throw moreBehind(this.#coding);
    this.#fed += chunk?.length ?? 0;
    const stream = (this.#stream ??= this.#open(chunk));
    let done = false;
    if (chunk === null) stream.end();
    else
      stream.write(chunk, () => {
        done = true;
        this.#wake();
      });
    for (;;) {
      const changed = new Promise<void>((resolve) => (this.#wake = resolve));
      for (let out = stream.read() as Buffer | null; out !== null; out = stream.read() as Buffer | null)
        await sink(out);
      if (this.#failed !== undefined) throw this.#failed;
      if ((this.#ended || done) && stream.bytesWritten < this.#fed) throw moreBehind(this.#coding);
      if (this.#ended || (done && stream.readableLength === 0)) return;
      await changed;
    }
  }

  close(): void {
    this.#stream?.destroy();
  }

  #open(first: Buffer | null): Decompressor {
    const stream = this.#decompressor(first);
    stream.on("readable", () => this.#wake());
    stream.on("end", () => {
      this.#ended = true;
      this.#wake();
    });
    stream.on("error", (error: Error) => {
      this.#failed = new CannotDecode(`it is no valid ${this.#coding} (${error.message})`);
      this.#wake();
    });
    return stream;
  }

  #decompressor(first: Buffer | null): Decompressor {
    switch (this.#coding) {
      case "deflate":
        return isZlib(first) ? createInflate() : createInflateRaw();
      case "raw deflate":
        return createInflateRaw();
      case "br":
        return createBrotliDecompress();
      case "zstd":
        return createZstdDecompress();
      default:
        return createGunzip();
    }
  }
}

/** What stands behind the end is not decoded by anybody, and could be anything. */
function moreBehind(coding: string): CannotDecode {
  return new CannotDecode(`there is more behind the end of its ${coding}`);
}

/** `deflate` means zlib, and some send it without zlib's header. */
function isZlib(first: Buffer | null): boolean {
  if (first === null || first.length < 2) return true;
  return ((first[0] ?? 0) & 15) === 8 && first.readUInt16BE(0) % 31 === 0;
}
