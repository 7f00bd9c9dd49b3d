// Why a bottle's state is what it is, in the list and in the Info tab.

import { expect, test } from "vitest";

import { fleetRows } from "#components/fleet-list.ts";
import { infoRows } from "#components/tabs/info-rows.ts";
import type { BottleRow } from "#domain/fleet/fleet.ts";
import type { Word } from "#domain/fleet/run-status.ts";
import { bottleRow, NOW } from "#tests/helpers/fake-console.ts";

const AT = "2030-01-01T11:59:00.000Z";
const word = (over: Partial<Word>): Word => ({
  activity: "waiting",
  at: AT,
  confirmed: AT,
  authority: "screen",
  detail: "approve npm install?",
  rule: "approval",
  evidence: "Run npm install?",
  ...over,
});
const waits = (over: Partial<BottleRow> = {}): BottleRow =>
  bottleRow({
    state: "waiting",
    why: "approve npm install?",
    run: { phase: "running", since: AT },
    activity: word({}),
    words: { screen: word({}) },
    ...over,
  });
const list = (bottle: BottleRow) =>
  fleetRows({ bottles: [bottle], offset: 0, selected: null, width: 120, height: 3, now: NOW.getTime(), problems: [] })
    .map((row) => row.map(({ text }) => text).join(""))
    .join("\n");
const info = (bottle: BottleRow, width = 80) =>
  infoRows(bottle, width, NOW.getTime()).map((row) =>
    row
      .map(({ text }) => text)
      .join("")
      .trimEnd(),
  );

test("the list says what an agent waits for, unless the inbox does", () => {
  expect(list(waits())).toMatch(/waiting .*approve npm install\?/);
  expect(list(waits({ pending: 1 }))).not.toMatch(/approve npm install/);
  expect(list(waits({ state: "unknown", why: "was busy, and nothing has moved or been said since" }))).toMatch(
    /was busy/,
  );
});

test("the Info tab says who tells it, by which rule, on what evidence, and since when that is not confirmed", () => {
  const rows = info(waits());
  expect(rows[0]).toMatch(/^state {5}▲ waiting/);
  expect(rows).toContain("why       approve npm install?");
  expect(rows).toContain("told by   what is on its screen");
  expect(rows).toContain("rule      approval");
  expect(rows).toContain("evidence  Run npm install?");
  expect(rows.find((row) => row.startsWith("confirmed"))).toMatch(/^confirmed \d\d:59:00$/);
});

test("the Info tab names a terminal that moves, and not a time that goes by", () => {
  const busy = word({ activity: "busy", authority: "agent", detail: "" });
  const moves = word({ activity: "busy", authority: "terminal" });
  const bottle = waits({ state: "busy", why: "", activity: busy, words: { agent: busy, terminal: moves } });
  expect(info(bottle)).toContain("confirmed now: its terminal moves");
  expect(info(bottle)).toContain("told by   the agent itself, by a hook");
});

test("the Info tab says nothing of authorities once the agent has ended", () => {
  const run = { phase: "exited", since: AT, exit_code: 0, signal: null } as const;
  expect(info(waits({ state: "exited", why: "", run })).join("\n")).not.toMatch(/told by|confirmed|evidence/);
});

test("evidence is wrapped, and plain", () => {
  const long = word({ evidence: `\u001b[31m${"evidence ".repeat(20)}` });
  const rows = info(waits({ activity: long, words: { screen: long } }), 40);
  const evidence = rows.filter((row) => row.includes("evidence"));
  expect(evidence.length).toBeGreaterThan(4);
  expect(evidence.every((row) => row.length <= 40)).toBe(true);
  expect(rows.join("")).not.toContain("\u001b");
});
