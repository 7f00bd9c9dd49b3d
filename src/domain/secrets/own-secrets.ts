// The bottle's own values as patterns: exact bytes. Long ones are looked for in pieces, so that no match is too long.

import type { CompiledPattern } from "./compile-rules.ts";
import { onlyByte } from "./pattern.ts";
import type { OwnSecret } from "./scanner.ts";
import { utf8 } from "./utf8.ts";

/** Shorter values stand by chance in any text. */
const SHORTEST = 6;
const LONGEST_PIECE = 512;

export function ownPatterns(own: readonly OwnSecret[]): { patterns: CompiledPattern[]; ignored: string[] } {
  const values = own.map(({ rule, value }) => ({ rule, bytes: utf8(value.trim()) }));
  return {
    patterns: values
      .filter(({ bytes }) => bytes.length >= SHORTEST)
      .flatMap(({ rule, bytes }, rank) => pieces(bytes).map((piece) => exactly(rule, piece, rank))),
    ignored: values.filter(({ bytes }) => bytes.length < SHORTEST).map(({ rule }) => rule),
  };
}

function pieces(bytes: Uint8Array): Uint8Array[] {
  const count = Math.ceil(bytes.length / LONGEST_PIECE);
  const size = Math.ceil(bytes.length / count);
  return Array.from({ length: count }, (_, index) => bytes.subarray(index * size, (index + 1) * size));
}

function exactly(rule: string, bytes: Uint8Array, rank: number): CompiledPattern {
  const steps = Array.from(bytes, (byte) => ({ fits: onlyByte(byte), atLeast: 1, atMost: 1 }));
  return {
    steps,
    value: { from: 0, to: steps.length },
    longest: bytes.length,
    rule,
    severity: "block",
    own: true,
    rank,
  };
}
