import { expect, it } from "vitest";

import { admit } from "#sidecars/supervise/limits.ts";

const now = new Date("2026-01-01T00:01:00Z");
const ago = (...seconds: number[]): Date[] => seconds.map((second) => new Date(now.getTime() - second * 1000));

it("admits the tenth proposal of a minute and the twentieth that waits", () => {
  expect(() => admit({ pending: 19, created: ago(59, 50, 40, 30, 20, 10, 5, 2, 1) }, now)).not.toThrow();
});

it("refuses the eleventh, and says when the next one may come", () => {
  const created = ago(70, 45, 40, 35, 30, 25, 20, 10, 5, 2, 1);
  expect(() => admit({ pending: 0, created }, now)).toThrow(
    "10 proposals were made in the last minute; wait 15 s, then ask again",
  );
});

it("forgets what is older than a minute", () => {
  expect(() =>
    admit({ pending: 0, created: ago(...Array.from({ length: 50 }, (_, index) => 60 + index)) }, now),
  ).not.toThrow();
});

it("refuses the twenty-first that waits", () => {
  expect(() => admit({ pending: 20, created: [] }, now)).toThrow("20 proposals of yours wait for the operator already");
});
