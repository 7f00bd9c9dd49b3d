import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { lineDiff } from "#domain/egress/line-diff.ts";

describe("lineDiff", () => {
  test("is nothing for equal texts, and only what changed else", () => {
    expect(lineDiff("a\nb", "a\nb")).toBe("");
    expect(lineDiff("a\nb\nc\nd", "a\nx\nc\ny\nd")).toBe("- b\n+ x\n+ y");
  });

  test("leads from the one text to the other", () => {
    const text = fc.array(fc.constantFrom("a", "b", "c", ""), { maxLength: 12 }).map((lines) => lines.join("\n"));
    fc.assert(
      fc.property(text, text, (before, after) => {
        const lines = lineDiff(before, after)
          .split("\n")
          .filter((line) => line !== "");
        const [minus, plus] = ["-", "+"].map((sign) => lines.filter((line) => line.startsWith(sign)).length);
        expect((plus ?? 0) - (minus ?? 0)).toBe(after.split("\n").length - before.split("\n").length);
        if (before === after) expect(lines).toEqual([]);
      }),
    );
  });

  test("takes no long time for long tables that have nothing in common", () => {
    const lines = (sign: string): string => Array.from({ length: 5000 }, (_, index) => `${sign}${index}`).join("\n");
    expect(lineDiff(lines("a"), lines("b")).split("\n")).toHaveLength(10_000);
  });
});
