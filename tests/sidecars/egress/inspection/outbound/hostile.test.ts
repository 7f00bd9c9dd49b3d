// Whatever is sent, the scan ends: it throws nothing, and does no more work than it may.

import fc from "fast-check";
import { describe, expect, test } from "vitest";

import type { SecretScanner } from "#domain/secrets/scanner.ts";
import { type DeepOptions, deepScan } from "#sidecars/egress/inspection/outbound/deep-scan.ts";

/** Counts what it is given, and finds `needle`. */
function counting(needle: string): SecretScanner & { seen: number } {
  return {
    longestMatch: 64,
    seen: 0,
    scan(bytes) {
      this.seen += bytes.length;
      const start = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf(needle);
      const found = { rule: "needle", severity: "block" as const, start, end: start + needle.length };
      return { matches: start < 0 ? [] : [found], exhausted: false };
    },
  };
}

const fragment = fc.constantFrom(
  "%",
  "%4",
  "%41",
  "%25",
  "%2525",
  "\\",
  "\\\\",
  "\\u",
  "\\u00",
  "\\u0041",
  "\\ud83d",
  "\\x4",
  "\\/",
  "=",
  "=\r\n",
  "=4",
  "=41=42",
  "QUJD",
  "QUFBQUFBQUFBQUFBQUFB",
  "H4sI",
  "H4sIAAAAAAAA",
  "KLUv/",
  "eJw",
  "41424344454647484950",
  "+",
  "/",
  "\n",
  "\r\n",
  "\0",
  "\u001f\u008b\b",
  "(\u00b5/\u00fd",
  "PK\u0003\u0004",
  "x\u009c",
  "\u00ff",
  " ",
  '"',
  "needle",
);
const hostile = fc
  .array(fc.tuple(fragment, fc.integer({ min: 1, max: 40 })), { maxLength: 60 })
  .map((parts) => Buffer.from(parts.map(([text, times]) => text.repeat(times)).join(""), "latin1"));
const options = fc.record<DeepOptions>({ plus: fc.boolean(), quoted: fc.boolean() });

describe("hostile bytes", () => {
  test("are scanned without a throw, in bounded work, and what is found lies within them", () => {
    fc.assert(
      fc.property(fc.oneof(hostile, fc.uint8Array({ maxLength: 3000 })), options, (bytes, how) => {
        const scanner = counting("needle");
        const { matches } = deepScan(scanner, bytes, how);
        // What is decompressed adds its own share: of these fragments a gzip's head gives a few bytes now and then.
        expect(scanner.seen).toBeLessThanOrEqual(bytes.length * 13 + 512 * 1024);
        for (const { start, end, value } of matches) {
          expect(start).toBeGreaterThanOrEqual(0);
          expect(end).toBeGreaterThan(start);
          expect(end).toBeLessThanOrEqual(bytes.length);
          expect(Buffer.from(value).toString()).toBe("needle");
        }
        if (Buffer.from(bytes).includes("needle")) expect(matches.length).toBeGreaterThan(0);
      }),
      { numRuns: 2000 },
    );
  });

  test("that become more with each decoding are given up, and that is said", () => {
    let text = "needle in a haystack of words, ";
    for (let depth = 0; depth < 6; depth += 1) text = Buffer.from(text.repeat(3)).toString("base64");
    const scanner = counting("nothing");
    const four = Array.from({ length: 40 }, (_, index) => text.slice(index % 4)).join(" ");
    const { unscanned } = deepScan(scanner, Buffer.from(four.repeat(8)));
    expect(scanner.seen).toBeLessThanOrEqual(four.length * 8 * 13 + 256 * 1024);
    expect([undefined, "it is encoded in too many ways to be looked at"]).toContain(unscanned);
  });

  test("that the scanner itself gives up are not scanned", () => {
    const tired: SecretScanner = { longestMatch: 64, scan: () => ({ matches: [], exhausted: true }) };
    expect(deepScan(tired, Buffer.from("x")).unscanned).toBe("it would take too long to be looked at");
  });
});

describe("a place that is found in a decoding", () => {
  test("is that of the encoded value: with stars there, nothing is found any more", () => {
    const encoders: ((text: string) => string)[] = [
      (text) => Buffer.from(text).toString("base64"),
      (text) => Buffer.from(text).toString("hex"),
      (text) =>
        Array.from(text)
          .map((char) => `%${char.charCodeAt(0).toString(16).padStart(2, "0")}`)
          .join(""),
      (text) =>
        Array.from(text)
          .map((char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`)
          .join(""),
      (text) => Buffer.from(text).toString("base64").replaceAll(/.{76}/g, "$&\r\n"),
    ];
    const words = fc.string({ unit: fc.constantFrom("a", "Q", "9", " ", "-", "\n"), maxLength: 120 });
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...encoders), { minLength: 1, maxLength: 3 }),
        words,
        words,
        (nesting, before, after) => {
          const encoded = nesting.reduce((text, encode) => encode(text), `${before} needle1234 ${after}`);
          const bytes = Buffer.from(`{"a":"${encoded}"}`);
          const scanner = counting("needle1234");
          const { matches } = deepScan(scanner, bytes);
          expect(matches).toHaveLength(1);
          for (const { start, end } of matches) bytes.fill("*", start, end);
          expect(deepScan(scanner, bytes).matches).toEqual([]);
          expect(bytes.subarray(0, 6).toString()).toBe('{"a":"');
          expect(bytes.subarray(-2).toString()).toBe('"}');
        },
      ),
      { numRuns: 500 },
    );
  });
});
