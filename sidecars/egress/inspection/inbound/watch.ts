// Passes an encoded body on as it is, and decodes it beside that to look into it: for findings that change nothing.

import { type Readable, Transform, Writable } from "node:stream";

import type { BodyFilter } from "../inspection.ts";
import { filtered } from "./filters.ts";

/** `undecodable` is called when the watching had to end; the body goes on. */
export function watched(
  body: Readable,
  encodings: readonly string[],
  filter: BodyFilter,
  undecodable: () => void,
): Readable {
  const copy = new Transform({ transform: (piece, _encoding, done) => done(null, piece) });
  let watching = true;
  const watcher = filtered(copy, encodings, filter);
  watcher.on("error", () => {
    if (watching) undecodable();
  });
  watcher.once("close", () => void (watching = false));
  watcher.pipe(new Writable({ write: (_piece, _encoding, done) => done() }));
  const out = new Transform({
    transform(piece: Buffer, _encoding, done) {
      const go = (): void => {
        copy.off("drain", go).off("close", go);
        done(null, piece);
      };
      // The decoder sets the pace, so that nothing gathers before it.
      if (watching && !copy.write(piece)) copy.once("drain", go).once("close", go);
      else go();
    },
    // What is found in the last piece still belongs to this exchange.
    flush(done) {
      if (!watching) return done();
      watcher.once("close", () => done());
      copy.end();
    },
  });
  body.on("error", (error) => void out.destroy(error));
  body.once("close", () => {
    if (!body.readableEnded) out.destroy(new Error("the answer broke off"));
  });
  out.once("close", () => {
    watching = false; // who left is no reason to say that it could not be decoded
    body.destroy();
    copy.destroy();
  });
  return body.pipe(out);
}
