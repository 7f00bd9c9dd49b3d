// What a bottle uses, from the engine's figures.

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { cpuBetween, memoryOf, parseFrame, statsOf, type Frame } from "#backends/docker/stats.ts";
import { requireDocker } from "#tests/helpers/docker.ts";

import { plainBottles, type PlainBottles } from "./plain-bottles.ts";

function frame(at: number, used: number, memory: object = {}): Frame {
  const text = JSON.stringify({
    read: new Date(at).toISOString(),
    cpu_stats: { cpu_usage: { total_usage: used }, online_cpus: 2 },
    memory_stats: memory,
  });
  return parseFrame(text) as Frame;
}

describe("figures of the engine", () => {
  test("give the share of one core between two of them", () => {
    expect(cpuBetween(frame(1000, 5e9), frame(3000, 8e9))).toBe(1.5);
    expect(cpuBetween(undefined, frame(0, 5))).toBe(0);
    expect(cpuBetween(frame(1000, 9), frame(1000, 10))).toBe(0);
    expect(cpuBetween(frame(1000, 9e9), frame(2000, 0))).toBe(0); // started anew
  });

  test("give memory without cached files, by the names of either cgroup version", () => {
    expect(memoryOf(frame(0, 0, { usage: 100, stats: { total_inactive_file: 30, inactive_file: 5 } }))).toBe(70);
    expect(memoryOf(frame(0, 0, { usage: 100, stats: { inactive_file: 30 } }))).toBe(70);
    expect(memoryOf(frame(0, 0, { usage: 10, stats: { inactive_file: 30 } }))).toBe(10);
    expect(memoryOf(frame(0, 0))).toBe(0);
  });

  test.each(["", "{", "[]", "null", '{"read":"0001-01-01T00:00:00Z"}'])("are none in %j", (text) => {
    expect(parseFrame(text)).toBeUndefined();
  });
});

describe("a running bottle", await requireDocker(), () => {
  let bottles: PlainBottles;
  beforeAll(() => {
    bottles = plainBottles();
  });
  afterAll(() => bottles.end());

  test("tells what it uses, and nothing once it has ended", async () => {
    const container = await bottles.run("one", ["/bin/sh", "-c", "while :; do :; done"]);
    await expect
      .poll(async () => (await statsOf(bottles.context, "one"))?.cpu, { timeout: 10_000 })
      .toBeGreaterThan(0.1);
    expect((await statsOf(bottles.context, "one"))?.memory).toBeGreaterThan(10_000);
    await container.kill();
    await expect.poll(() => statsOf(bottles.context, "one"), { timeout: 10_000 }).toBeNull();
    expect(await statsOf(bottles.context, "none")).toBeNull();
  });
});
