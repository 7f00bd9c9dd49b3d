// Whether what follows the first line of a PEM is a key, and where it ends.

import type { AcceptedPart } from "../rule.ts";
import { entropy } from "./randomness.ts";

const FIRST_LINE = /^----[-]? ?BEGIN [A-Z0-9 ]{1,40}-----?/;
const LAST_LINE = /----[-]? ?END [A-Z0-9 ]{1,40}-----?/;
const HEADER = /^\s*[A-Za-z-]{2,24}: .*$/gm;
/** Line ends, quotes and what comments and concatenations put at either side of a line. */
const AROUND = /[\s\\"'`,()>|#]/g;
/** An Ed25519 key has 64, without its last line 48 or more. */
const SHORTEST_BODY = 48;

export function privateKeyIn(text: string): AcceptedPart | false {
  const first = FIRST_LINE.exec(text);
  if (first === null) return false;
  const last = LAST_LINE.exec(text);
  const body = text
    .slice(first[0].length, last?.index)
    .replace(/\\+[nrt]/g, "\n")
    .replace(HEADER, "")
    .replace(/["'`]\s*\+\s*["'`]/g, "")
    .replace(AROUND, "");
  const start = /[A-Za-z0-9+/]{48,}/.exec(body)?.[0].slice(0, 2 * SHORTEST_BODY);
  if (start === undefined || entropy(start) < 3.8 || !/[0-9]/.test(start) || !/[A-Z]/.test(start)) return false;
  if (last === null) return { start: 0, end: text.length, partial: true };
  return { start: 0, end: last.index + last[0].length };
}
