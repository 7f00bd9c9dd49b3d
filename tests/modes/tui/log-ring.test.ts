// The ring of log lines: bounded by lines and by bytes, and honest about what it dropped.

import { expect, test } from "vitest";

import { LogRing } from "#modes/tui/log-ring.ts";

const line = (text: string) => ({ at: "2030-01-01T00:00:00.000Z", source: "agent", text });
const ring = (limits: Partial<{ lines: number; size: number; line: number }> = {}) =>
  new LogRing({ lines: 3, size: 1000, line: 100, ...limits });

test("keeps the newest lines, and counts those that it dropped", () => {
  const logs = ring();
  for (const text of ["a", "b", "c", "d", "e"]) logs.push(line(text));
  expect([logs.first, logs.last, logs.dropped]).toEqual([2, 4, 2]);
  expect([logs.at(2)?.text, logs.at(4)?.text, logs.at(1), logs.at(5)]).toEqual(["c", "e", undefined, undefined]);
});

test("drops old lines when their text grows beyond the bound", () => {
  const logs = ring({ lines: 100, size: 10 });
  for (const text of ["aaaa", "bbbb", "cccc"]) logs.push(line(text));
  expect([logs.first, logs.dropped]).toEqual([1, 1]);
});

test("cuts a line of a megabyte and says how much", () => {
  const logs = ring();
  logs.push(line("x".repeat(1_048_576)));
  expect(logs.at(0)).toMatchObject({ text: "x".repeat(100), cut: 1_048_476 });
});

test("finds text in either direction, in any case, and wraps round", () => {
  const logs = ring({ lines: 10 });
  for (const text of ["Error one", "fine", "error two", "fine"]) logs.push(line(text));
  expect(logs.find("ERROR", 3, "older")).toBe(2);
  expect(logs.find("error", 1, "older")).toBe(0);
  expect(logs.find("error", 1, "newer")).toBe(2);
  expect(logs.find("error", 3, "newer")).toBe(0);
  expect(logs.find("nothing", 3, "older")).toBeNull();
});

test("takes in 300,000 lines in well under a second of CPU", () => {
  const logs = new LogRing();
  const entry = line("GET /v1/things 200 12 ms");
  const before = process.cpuUsage();
  for (let index = 0; index < 300_000; index += 1) logs.push(entry);
  const { user } = process.cpuUsage(before);
  expect(user / 1000).toBeLessThan(700);
});
