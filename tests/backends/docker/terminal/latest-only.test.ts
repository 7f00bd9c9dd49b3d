// Sizes on their way to an engine that answers late.

import { expect, test } from "vitest";

import { latestOnly } from "#backends/docker/terminal/latest-only.ts";

test("of a storm the first and the last size go, one after the other, and a failure holds up nothing", async () => {
  const sent: { cols: number; done: PromiseWithResolvers<void> }[] = [];
  const resize = latestOnly((cols) => {
    const done = Promise.withResolvers<void>();
    sent.push({ cols, done });
    return done.promise;
  });
  for (let cols = 1; cols <= 200; cols += 1) resize(cols, 24);
  expect(sent.map(({ cols }) => cols)).toEqual([1]);
  sent[0]!.done.reject(new Error("the engine is busy"));
  await expect.poll(() => sent.map(({ cols }) => cols)).toEqual([1, 200]);
  resize(7, 24);
  expect(sent).toHaveLength(2);
  sent[1]!.done.resolve();
  await expect.poll(() => sent.map(({ cols }) => cols)).toEqual([1, 200, 7]);
  sent[2]!.done.resolve();
});
