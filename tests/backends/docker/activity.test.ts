// Whether an agent in a container moves or rests, as the end of its log shows it.

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { activityOf } from "#backends/docker/logs/activity.ts";
import { attachTo } from "#backends/docker/terminal/attach.ts";
import { requireDocker } from "#tests/helpers/docker.ts";

import { plainBottles, type PlainBottles } from "./plain-bottles.ts";

describe("the terminal of an agent", await requireDocker(), () => {
  let bottles: PlainBottles;
  beforeAll(() => {
    bottles = plainBottles();
  });
  afterAll(() => bottles.end());
  const activity = async (slug: string) =>
    (await activityOf(bottles.context, slug, new AbortController().signal))?.[0]?.activity;

  test("is busy while it writes, and idle a while after that", async () => {
    await bottles.run("moves", ["/bin/sh", "-c", "while sleep 0.1; do echo on; done"]);
    await expect.poll(() => activity("moves")).toBe("busy");
    await bottles.run("rests", ["/bin/sh", "-c", "echo once; sleep 1000"]);
    await expect.poll(() => activity("rests"), { timeout: 20_000 }).toBe("idle");
    expect(await activity("moves")).toBe("busy");
  });

  test("does not move because somebody looks at it", async () => {
    await bottles.run("looked-at", ["/bin/sleep", "1000"]);
    const terminal = await attachTo(bottles.context, "looked-at");
    expect(await activity("looked-at")).toBe("idle");
    terminal.detach();
  });

  test("shows nothing when the agent is over, or was never there", async () => {
    await (await bottles.run("ended", ["/bin/true"])).wait();
    expect(await activity("ended")).toBeUndefined();
    expect(await activity("none")).toBeUndefined();
  });
});
