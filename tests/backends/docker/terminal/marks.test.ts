// Marks in a terminal's output: found and taken out whole, however the output is cut, and nothing else with them.

import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { markFilter, markText, type Piece } from "#backends/docker/terminal/marks.ts";

const NAME = "0123456789abcdef";

function filter(chunks: readonly Buffer[]): { text: string; marks: string[] } {
  const reader = markFilter();
  const pieces: Piece[] = [...chunks.flatMap((chunk) => reader.push(chunk)), ...reader.end()];
  return {
    text: pieces.map((piece) => (piece.type === "bytes" ? piece.bytes.toString("latin1") : "")).join(""),
    marks: pieces.flatMap((piece) => (piece.type === "mark" ? [piece.name] : [])),
  };
}

function cut(bytes: Buffer, lengths: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const length = lengths[turn % lengths.length] ?? 1;
    chunks.push(bytes.subarray(at, at + length));
    at += length;
  }
  return chunks;
}

const cuts = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 });
/** What looks like a mark, or a part of one. */
const tricky = fc.constantFrom(
  "\u001b",
  "\u001b_",
  "\u001b_bottle-dash ",
  "\u001b\\",
  "\n",
  "\r\n",
  "0",
  NAME,
  "x",
  "é",
);

describe("marks", () => {
  test.each(["\n", "\r\n"])("are taken out where the newline is %j, in any pieces", (newline) => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom("a", "\u001b[1m", "\n", "\u001b\\", "é")), cuts, (around, lengths) => {
        const text = Buffer.from(around.join("")).toString("latin1");
        const all = text + markText(NAME).replace("\n", newline) + text;
        expect(filter(cut(Buffer.from(all, "latin1"), lengths))).toEqual({ text: text + text, marks: [NAME] });
      }),
    );
  });

  test("are found as soon as their newline is there: a log ends with it", () => {
    const [, found] = markFilter().push(Buffer.from(`prompt> \u001b_bottle-dash ${NAME}\r\n`));
    expect(found).toEqual({ type: "mark", name: NAME });
  });

  test("are the same however output is cut that only looks like them", () => {
    fc.assert(
      fc.property(fc.array(tricky, { maxLength: 12 }), cuts, (parts, lengths) => {
        const all = Buffer.from(parts.join(""));
        expect(filter(cut(all, lengths))).toEqual(filter([all]));
      }),
    );
  });

  test("leave alone what is none", () => {
    for (const text of ["\u001b_bottle-dash 0123\n", "\u001b_bottle-dash 0123456789ABCDEF\n", "\u001b_other\u001b\\"]) {
      expect(filter([Buffer.from(text)])).toEqual({ text, marks: [] });
    }
  });
});
