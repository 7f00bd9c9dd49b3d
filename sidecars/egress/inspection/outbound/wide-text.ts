// UTF-16 of either order, with a byte order mark or without: every second byte of it is zero where it is ASCII.

import { type Layer, LayerBuilder } from "./layer.ts";
import { IS_TEXT } from "./text-bytes.ts";

/** Characters in a row. */
const SHORTEST = 8;
/** Every run has two characters that begin at one of these places. */
const STRIDE = 8;

export function decodeWide(bytes: Uint8Array): Layer | undefined {
  const into = new LayerBuilder<number>();
  for (let at = 0; at + 3 < bytes.length; at += STRIDE) {
    if ((bytes[at] === 0) === (bytes[at + 1] === 0)) continue;
    const first = bytes[at] === 0 ? at + 1 : at;
    if (!isWide(bytes, first)) continue;
    let from = first;
    while (from >= 2 && isWide(bytes, from - 2)) from -= 2;
    let to = first + 2;
    while (to < bytes.length && IS_TEXT[bytes[to]!] === 1 && bytes[to - 1] === 0) to += 2;
    if (to - from >= SHORTEST * 2) keep(bytes, from, to, into);
    at = Math.max(at, to - STRIDE);
  }
  return into.build("UTF-16", (from, start, end) => ({ start: from + start * 2, end: from + end * 2 - 1 }));
}

/** A character at `at`, and a zero between it and what follows. */
function isWide(bytes: Uint8Array, at: number): boolean {
  return IS_TEXT[bytes[at]!] === 1 && bytes[at + 1] === 0;
}

function keep(bytes: Uint8Array, from: number, to: number, into: LayerBuilder<number>): void {
  const { bytes: out, at } = into.open((to - from) >> 1);
  let end = at;
  for (let index = from; index < to; index += 2) {
    out[end] = bytes[index]!;
    end += 1;
  }
  into.commit(end, from);
}
