// Log lines: sources, levels, matches in context, and honest cuts.

import { expect, test } from "vitest";

import { logRows, type LogRow } from "#components/tabs/log-rows.ts";

const line = (text: string, over: Partial<LogRow> = {}): LogRow => ({
  seq: 7,
  at: "2030-01-01T10:11:12.000Z",
  source: "agent",
  text,
  cut: 0,
  ...over,
});
const style = { search: "", match: null, wrap: false, times: false, width: 40 };
const textOf = (rows: ReturnType<typeof logRows>) => rows.map((row) => row.map(({ text }) => text).join(""));

test("names the source of each line", () => {
  expect(textOf(logRows(line("hello", { source: "egress" }), style))).toEqual([" egress    hello"]);
});

test("highlights every match in any case, and keeps the rest", () => {
  const [row = []] = logRows(line("An error: Error again"), { ...style, search: "error" });
  expect(row.filter(({ style: own }) => own?.inverse).map(({ text }) => text)).toEqual(["error", "Error"]);
  expect(row.map(({ text }) => text).join("")).toContain("An error: Error again");
});

test("marks the line that the search stands on", () => {
  expect(textOf(logRows(line("x"), { ...style, search: "x", match: 7 }))[0]).toMatch(/^▸/);
});

test("says how much of a line was cut", () => {
  expect(textOf(logRows(line("x", { cut: 1_048_000 }), style))[0]).toContain("[cut: 1048000 more characters]");
});

test("wraps long lines under themselves", () => {
  const rows = textOf(logRows(line("word ".repeat(20)), { ...style, wrap: true }));
  expect(rows.length).toBeGreaterThan(2);
  for (const row of rows) expect(row.length).toBeLessThanOrEqual(40);
});

test("shows the time when asked", () => {
  expect(textOf(logRows(line("x"), { ...style, times: true }))[0]).toMatch(/\d\d:\d\d:\d\d/);
});
