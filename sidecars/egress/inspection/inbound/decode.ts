// Undoes the content encoding of an answer, in bounded memory, and stops where a little would become very much.

import type { Readable, Transform } from "node:stream";

import type { Refusal } from "../../policy/refusal.ts";
import { InspectionRefused } from "../inspection.ts";

/** From here on the ratio counts: what decodes to less is no bomb. */
const HARMLESS_BYTES = 16 * 1024 * 1024;
/** Text of any sense is not packed closer; a bomb is at 1,000 (gzip) or far above. */
const LARGEST_RATIO = 200;
/** More than one is rare, more than two is an attack. */
const MOST_ENCODINGS = 2;

const DECODABLE = ["gzip", "x-gzip", "deflate", "br", "zstd"];

export function canDecode(encodings: readonly string[]): boolean {
  return encodings.length <= MOST_ENCODINGS && encodings.every((name) => DECODABLE.includes(name));
}

/**
 * Pipes `body` through its decoders into `out`, which is destroyed with an InspectionRefused where that cannot be done;
 * `body` is destroyed with `out`. The pace is that of `out`.
 */
export function decodeInto(body: Readable, encodings: readonly string[], out: Transform): void {
  const decoders = encodings.toReversed().map(decoder);
  const last = decoders.at(-1);
  let encoded = 0;
  let decoded = 0;
  body.on("data", (piece: Buffer) => void (encoded += piece.length));
  last?.on("data", (piece: Buffer) => {
    decoded += piece.length;
    if (decoded <= HARMLESS_BYTES || decoded <= encoded * LARGEST_RATIO) return;
    out.destroy(new InspectionRefused(undecodable(`it grows to more than ${LARGEST_RATIO} times its size`)));
  });
  connect(body, decoders, out);
}

/** Without decoders too. */
export function connect(body: Readable, decoders: readonly Transform[], out: Transform): void {
  for (const decoder of decoders) {
    decoder.on("error", (error) => void out.destroy(new InspectionRefused(undecodable(error.message))));
  }
  body.on("error", (error) => void out.destroy(error));
  body.once("close", () => {
    if (!body.readableEnded) out.destroy(new Error("the answer broke off"));
  });
  // A moment later: who waits for the reason must hear it before the body's own end, which says nothing.
  out.once("close", () => {
    setImmediate(() => {
      for (const stream of [body, ...decoders]) stream.destroy();
    });
  });
  let from: Readable = body;
  for (const decoder of decoders) from = from.pipe(decoder);
  from.pipe(out);
}

export function undecodable(why: string): Refusal {
  return {
    status: 502,
    code: "cannot_decode",
    rule: "answers that can be read",
    reason: `the answer's content encoding cannot be undone, so nothing can be looked for in it: ${why}`,
  };
}

/** node:zlib is loaded when the first encoded answer comes, not when the proxy starts. */
function decoder(encoding: string): Transform {
  const zlib = process.getBuiltinModule("node:zlib");
  switch (encoding) {
    case "br":
      return zlib.createBrotliDecompress();
    case "zstd":
      return zlib.createZstdDecompress();
    case "deflate":
      return zlib.createInflate();
    default:
      return zlib.createGunzip();
  }
}
