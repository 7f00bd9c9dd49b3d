import { describe, expect, test } from "vitest";

import { judge } from "../../bench/reading.ts";

describe("a reading against its budget", () => {
  test("keeps a value that is low enough", () => {
    expect(judge({ id: "idle.cpu", value: 0.2 })).toMatchObject({
      value: 0.2,
      unit: "%",
      budget: "≤ 0.5 %",
      pass: true,
    });
  });

  test("misses a value that is too high", () => {
    expect(judge({ id: "launch.local", value: 2000 })).toMatchObject({ budget: "≤ 1,500 ms", pass: false });
  });

  test("keeps a value that is high enough where more is better", () => {
    expect(judge({ id: "log.throughput", value: 310_000 })).toMatchObject({ budget: "≥ 300,000 lines/s", pass: true });
  });

  test("holds a ratio to the budget, not the value", () => {
    expect(judge({ id: "start.headless", value: 40, against: 20 })).toMatchObject({
      ratio: 2,
      against: "node -e 0",
      budget: "≤ 2 × node -e 0",
      pass: true,
    });
    expect(judge({ id: "start.headless", value: 50, against: 20 })).toMatchObject({ ratio: 2.5, pass: false });
  });

  test("misses what was bought with something else, whatever the value", () => {
    expect(judge({ id: "log.throughput", value: 400_000, missed: "15 frames a second" })).toMatchObject({
      pass: false,
      note: "15 frames a second",
    });
  });

  test("says why there is no value, and passes no judgement", () => {
    expect(judge({ id: "launch.local", unmeasured: "no sandbox" })).toMatchObject({
      value: null,
      pass: null,
      note: "no sandbox",
    });
  });
});
