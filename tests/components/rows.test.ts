// Rows are exactly as wide as they are told, whatever stands in them.

import fc from "fast-check";
import { expect, test } from "vitest";

import { paneRows } from "#components/pane.ts";
import { between, cut, fit, fitRow, paint, row, rowWidth, span, widthOf, wrap } from "#components/rows.ts";

const text = fc.string({ unit: fc.constantFrom("a", "b", " ", "漢", "é", "👍", "─") });

test("a fitted row has exactly its columns", () => {
  fc.assert(
    fc.property(fc.array(text, { maxLength: 5 }), fc.integer({ min: 0, max: 60 }), (parts, width) => {
      expect(
        rowWidth(
          fitRow(
            parts.map((part) => span(part)),
            width,
          ),
        ),
      ).toBe(width);
    }),
  );
});

test("a fitted text has exactly its columns, and a cut one never half a character", () => {
  fc.assert(
    fc.property(text, fc.integer({ min: 1, max: 40 }), (words, width) => {
      expect(widthOf(fit(words, width))).toBe(width);
      expect(widthOf(cut(words, width))).toBeLessThanOrEqual(width);
    }),
  );
});

test("wrapped rows never exceed the width and lose nothing but spaces", () => {
  fc.assert(
    fc.property(text, fc.integer({ min: 2, max: 40 }), (words, width) => {
      const rows = wrap(words, width);
      for (const line of rows) expect(rowWidth(line)).toBeLessThanOrEqual(width);
      expect(
        rows
          .flat()
          .map((part) => part.text)
          .join("")
          .replaceAll(" ", ""),
      ).toBe(words.replaceAll(" ", ""));
    }),
  );
});

test("what stands between two edges fills the width", () => {
  expect(rowWidth(between([span("left")], [span("right")], 30))).toBe(30);
  expect(rowWidth(between([span("a very long left side")], [span("right")], 12))).toBe(12);
});

test("a frame is a rectangle of its size, at any size", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 60 }),
      fc.integer({ min: 1, max: 12 }),
      fc.boolean(),
      (width, height, open) => {
        const rows = paneRows({ width, height, open, title: row("A title that is rather long"), note: row("a note") }, [
          row("content"),
        ]);
        expect(rows.length).toBeLessThanOrEqual(height);
        for (const line of rows) expect(rowWidth(line)).toBe(width);
      },
    ),
  );
});

test("without colours, bold and inverse stay", () => {
  const styled = row(span("x", { color: 1, background: "#010203", bold: true, inverse: true }));
  expect(paint(styled, false)).toBe("\u001b[1;7mx\u001b[0m");
  expect(paint(styled, true)).toBe("\u001b[1;7;31;48;2;1;2;3mx\u001b[0m");
});
