import { describe, expect, it } from "vitest";

import { relativeTime, shortDuration } from "#modes/print/relative-time.ts";

const now = new Date("2030-01-02T00:00:00.000Z");

describe("relative times", () => {
  it.each([
    ["2030-01-01T23:59:20.000Z", "40s ago"],
    ["2030-01-01T21:30:00.000Z", "2h ago"],
    ["2029-12-01T00:00:00.000Z", "32d ago"],
    ["2030-01-02T00:05:30.000Z", "in 5m"],
    ["2030-01-02T00:00:00.400Z", "now"],
    ["not a time", "not a time"],
  ])("says %s as %s", (iso, text) => {
    expect(relativeTime(iso, now)).toBe(text);
  });

  it("rounds durations down to their largest unit", () => {
    expect([shortDuration(0), shortDuration(999), shortDuration(61_000), shortDuration(90_000_000)]).toEqual([
      "0s",
      "0s",
      "1m",
      "1d",
    ]);
  });
});
