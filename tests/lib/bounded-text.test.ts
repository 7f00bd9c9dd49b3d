import fc from "fast-check";
import { expect, it } from "vitest";

import { firstBytes, lastBytes } from "#lib/bounded-text.ts";

const text = fc.string({ unit: "grapheme" });
const limit = fc.nat(40);

it("keeps no more than the limit, and of the text a beginning or an end of whole characters", () => {
  fc.assert(
    fc.property(text, limit, (whole, most) => {
      const [first, last] = [firstBytes(whole, most), lastBytes(whole, most)];
      for (const { text: kept, cut } of [first, last]) {
        expect(Buffer.byteLength(kept)).toBeLessThanOrEqual(most);
        expect(cut).toBe(kept !== whole);
      }
      expect(whole.startsWith(first.text)).toBe(true);
      expect(whole.endsWith(last.text)).toBe(true);
    }),
  );
});

it("keeps as much as fits", () => {
  expect(firstBytes("aé", 2)).toEqual({ text: "a", cut: true });
  expect(lastBytes("éa", 2)).toEqual({ text: "a", cut: true });
  expect(firstBytes("€€", 5)).toEqual({ text: "€", cut: true });
});
