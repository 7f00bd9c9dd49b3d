import fc from "fast-check";
import { expect, test } from "vitest";

import { interleaved, median, percentile } from "../../bench/statistics.ts";

test("takes a percentile that was measured, at its rank", () => {
  expect(percentile([5, 1, 4, 2, 3], 0.5)).toBe(3);
  expect(percentile([5, 1, 4, 2, 3], 0.95)).toBe(5);
  expect(percentile([7], 0.95)).toBe(7);
});

test("has at least half of the values at or below the median, whatever they are", () => {
  fc.assert(
    fc.property(fc.array(fc.double({ noNaN: true }), { minLength: 1 }), (values) => {
      const middle = median(values);
      expect(values.filter((value) => value <= middle).length * 2).toBeGreaterThanOrEqual(values.length);
    }),
  );
});

test("refuses to make a figure of nothing", () => {
  expect(() => median([])).toThrow("no values");
});

test("lets the contenders take turns, and does not count the first round", async () => {
  const order: string[] = [];
  const contender = (name: string) => async () => order.push(name);
  const taken = await interleaved(2, { a: contender("a"), b: contender("b") });
  expect(order).toEqual(["a", "b", "a", "b", "a", "b"]);
  expect(taken).toEqual({ a: [3, 5], b: [4, 6] });
});
