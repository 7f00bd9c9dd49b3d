// Bounds the list of refs at the head of a push. receive-pack keeps every line of it in memory, so that one made of
// nothing but lines would fill it.

import { pktLength } from "./pkt-line.ts";

export const MOST_COMMANDS = 20_000;
const MOST_BYTES = 16 * 2 ** 20;

export interface CommandSection {
  /** What is wrong with what came so far; undefined while there is nothing. */
  push(chunk: Uint8Array): string | undefined;
}

export function watchCommandSection(): CommandSection {
  let over = false;
  let head = "";
  /** Bytes of the present line still to come. */
  let rest = 0;
  let lines = 0;
  let bytes = 0;

  const take = (text: string): string | undefined => {
    const length = pktLength(text);
    if (length.kind === "bad") return "the push does not begin with pkt-lines";
    if (length.kind === "special") {
      over = true;
      return undefined;
    }
    rest = length.length - 4;
    lines += 1;
    bytes += length.length;
    if (lines > MOST_COMMANDS) return `a push changes at most ${MOST_COMMANDS} refs`;
    return bytes > MOST_BYTES ? "the names of the refs are too long" : undefined;
  };
  return {
    push(chunk) {
      for (let at = 0; at < chunk.length;) {
        if (over) return undefined;
        if (rest > 0) {
          const skipped = Math.min(rest, chunk.length - at);
          rest -= skipped;
          at += skipped;
          continue;
        }
        head += String.fromCharCode(chunk[at] as number);
        at += 1;
        if (head.length < 4) continue;
        const wrong = take(head);
        head = "";
        if (wrong !== undefined) return wrong;
      }
      return undefined;
    },
  };
}
