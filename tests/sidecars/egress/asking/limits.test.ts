import { expect, test } from "vitest";

import { admitPending, openAskingLimits } from "#sidecars/egress/asking/limits.ts";

const NOW = new Date("2026-11-20T12:00:00.000Z");
const after = (seconds: number): Date => new Date(NOW.getTime() + seconds * 1000);
const load = (pending: number) => ({ pendingFrom: () => pending });

test("ten new held requests a minute are asked for, and the eleventh is told when to try again", () => {
  const limits = openAskingLimits();
  for (let index = 0; index < 10; index++) limits.admitHeld(load(index), after(index));
  expect(() => limits.admitHeld(load(10), after(20))).toThrow("within a minute: try again in 40 s");
  expect(() => limits.admitHeld(load(10), after(59.9))).toThrow("try again in 1 s");
  limits.admitHeld(load(10), after(60));
  expect(() => limits.admitHeld(load(11), after(60))).toThrow("try again in 1 s");
});

test("twenty that the proxy made wait at most, however slowly they come", () => {
  const limits = openAskingLimits();
  limits.admitHeld(load(19), NOW);
  expect(() => limits.admitHeld(load(20), after(600))).toThrow("20 refused and held requests wait for the operator");
  expect(() => admitPending(load(20))).toThrow("20 refused and held requests");
});
