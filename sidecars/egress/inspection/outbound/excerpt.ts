// The words around a secret, for the operator: without it, and without any other that was found beside it.

import { plainLine } from "#domain/plain-text.ts";

import type { Span } from "./layer.ts";

const AROUND = 48;
const LONGEST = 120;
const MASK = "********";
/** What may be most of a secret, although no rule knows it: long, of one piece, with a digit. */
const SUSPECT = /(?=[A-Za-z+/_=-]*\d)[A-Za-z0-9+/_=-]{12,}/g;

/** `found` are all findings in `bytes`, `span` among them. */
export function excerptOf(bytes: Uint8Array, span: Span, found: readonly Span[]): string {
  const from = Math.max(0, span.start - AROUND);
  const to = Math.min(bytes.length, span.end + AROUND);
  const near = found.filter(({ start, end }) => start < to && from < end).toSorted((a, b) => a.start - b.start);
  let text = "";
  let at = from;
  for (const { start, end } of near) {
    if (end <= at) continue;
    text += shown(bytes, at, Math.max(at, start)) + MASK;
    at = end;
  }
  return plainLine(text + shown(bytes, Math.min(at, to), to)).slice(0, LONGEST);
}

function shown(bytes: Uint8Array, from: number, to: number): string {
  return Buffer.from(bytes.subarray(from, to)).toString("utf8").replaceAll("\u{fffd}", "·").replaceAll(SUSPECT, MASK);
}
