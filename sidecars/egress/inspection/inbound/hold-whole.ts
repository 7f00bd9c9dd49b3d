// Holds a small answer whole, so that it is refused before anything of it went out; a larger one goes on as a stream.

import { Readable } from "node:stream";

import type { BodyFilter, Held } from "../inspection.ts";
import { filtered, isRefused } from "./filters.ts";

/** What is held of one answer at most, decoded. */
export const HELD_BYTES = 1024 * 1024;

/** `headers` are those of the decoded form. Never rejects. */
export async function holdWhole(
  body: Readable,
  encodings: readonly string[],
  headers: readonly string[],
  open: () => BodyFilter,
): Promise<Held> {
  const clean = filtered(body, encodings, open());
  const pieces: Buffer[] = [];
  let bytes = 0;
  const reading = clean[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  try {
    while (bytes <= HELD_BYTES) {
      const { done, value } = await reading.next();
      if (done === true) return { ok: true, headers: withLength(headers, bytes), body: Buffer.concat(pieces, bytes) };
      pieces.push(value);
      bytes += value.length;
    }
  } catch (error) {
    return { ok: false, refusal: isRefused(error) ? error.refusal : brokenOff(error) };
  }
  return { ok: true, headers, body: Readable.from(continued(pieces, reading), { objectMode: false }) };
}

async function* continued(pieces: readonly Buffer[], reading: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield* pieces;
    for (let next = await reading.next(); next.done !== true; next = await reading.next()) yield next.value;
  } finally {
    await reading.return?.(); // destroys the answer when the client left
  }
}

function withLength(headers: readonly string[], bytes: number): string[] {
  const kept: string[] = [];
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const [name = "", value = ""] = [headers[index], headers[index + 1]];
    if (name.toLowerCase() !== "content-length") kept.push(name, value);
  }
  return [...kept, "Content-Length", String(bytes)];
}

function brokenOff(error: unknown) {
  const reason = `the answer broke off: ${error instanceof Error ? error.message : String(error)}`;
  return { status: 502, code: "upstream_failed", rule: "upstream", reason } as const;
}
