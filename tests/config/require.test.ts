import { afterEach, expect, test, vi } from "vitest";

import { requirement } from "#tests/helpers/require.ts";

afterEach(() => vi.unstubAllEnvs());

test("lets a test run when nothing is missing", () => {
  expect(requirement("bwrap", () => undefined)).toEqual({ skip: false, meta: {} });
});

test("skips with the reason when something is missing", () => {
  vi.stubEnv("BOTTLE_REQUIRE", "tmux");
  expect(requirement("bwrap", () => "it is not installed")).toEqual({
    skip: true,
    meta: { skipReason: "needs bwrap: it is not installed" },
  });
});

test("fails instead when BOTTLE_REQUIRE names it", () => {
  vi.stubEnv("BOTTLE_REQUIRE", "tmux, bwrap");
  expect(() => requirement("bwrap", () => "it is not installed")).toThrow(
    "BOTTLE_REQUIRE names bwrap, and it is not installed",
  );
});
