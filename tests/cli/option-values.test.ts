import { describe, expect, it } from "vitest";

import { parseAssignment, parseCount, parseDuration, parseMoment } from "#cli/option-values.ts";

const now = new Date("2030-01-01T00:00:00.000Z");

describe("option values", () => {
  it("reads durations", () => {
    expect([parseDuration("90s"), parseDuration("1h30m"), parseDuration("2d")]).toEqual([
      90_000, 5_400_000, 172_800_000,
    ]);
    expect([parseDuration("10"), parseDuration("m"), parseDuration("-5m"), parseDuration("")]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it("reads moments before and after now, and dates", () => {
    expect(parseMoment("10m", "--since", now, -1).toISOString()).toBe("2029-12-31T23:50:00.000Z");
    expect(parseMoment("10m", "--expires", now, 1).toISOString()).toBe("2030-01-01T00:10:00.000Z");
    expect(parseMoment("2030-02-01T00:00:00Z", "--expires", now, 1).toISOString()).toBe("2030-02-01T00:00:00.000Z");
  });

  it.each(["yesterday", "5", "2030-13-01", ""])("refuses the moment %j with examples", (text) => {
    expect(() => parseMoment(text, "--since", now, -1)).toThrow(/--since is .*10m, 2h or 1d/);
  });

  it.each(["-1", "1.5", "x", "", "99999999999"])("refuses the count %j", (text) => {
    expect(() => parseCount(text, "--tail")).toThrow(/--tail is .*whole number/);
  });

  it("splits an assignment at its first equals sign", () => {
    expect(parseAssignment("path_allowlist=/a?b=c", "--set")).toEqual({ name: "path_allowlist", value: "/a?b=c" });
    expect(() => parseAssignment("host", "--set")).toThrow("write --set name=value");
  });
});
