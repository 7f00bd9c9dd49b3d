import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { parseSize, sizeText } from "#domain/size.ts";

describe("sizes", () => {
  test.each([
    ["1GiB", 2 ** 30],
    ["1.5 MB", 1_500_000],
    ["42", 42],
    ["1 apple", undefined],
    ["-1", undefined],
    ["", undefined],
    ["9999999999TiB", undefined],
  ])("%s", (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  test.each([
    [1e9, "1GB"],
    [1_500_000_000, "1.5GB"],
    [250_000_000, "250MB"],
    [2 ** 30, "1GiB"],
    [1_234_567, "1.18MiB"],
    [2048, "2KiB"],
    [1000, "1000B"],
  ])("%d is shown as %s", (bytes, text) => {
    expect(sizeText(bytes)).toBe(text);
  });

  test("are written so that they are read again, near enough", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 50 }), (bytes) => {
        const read = parseSize(sizeText(bytes)) ?? Number.NaN;
        expect(Math.abs(read - bytes)).toBeLessThanOrEqual(bytes * 0.01);
      }),
    );
  });
});
