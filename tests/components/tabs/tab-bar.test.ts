// Every tab that can be opened has a name, down to a terminal of 80 columns.

import { expect, test } from "vitest";

import { row, rowWidth, span, type Row } from "#components/rows.ts";
import { noteBeside, tabBar } from "#components/tabs/tab-bar.ts";

const textOf = (bar: Row) => bar.map(({ text }) => text).join("");

test("names all tabs in full where there is room", () => {
  expect(textOf(tabBar("screen", 100))).toBe(
    "[1 Screen] 2 Logs  3 Egress  4 Proposals  5 Conversation  6 Info  7 Audit ",
  );
});

test("leaves out what cannot be opened before it shortens a name", () => {
  expect(textOf(tabBar("logs", 73))).toBe(" 1 Screen [2 Logs] 3 Egress  4 Proposals  6 Info  7 Audit ");
  expect(textOf(tabBar("logs", 50))).toBe(" 1 Scr[2 Log] 3 Egr 4 Prop 6 Info 7 Aud");
  expect(textOf(tabBar("logs", 20))).toBe("[2 Logs]");
});

test("at 80 columns a long note gives way to the names, its last part last", () => {
  const note = row(span("4000 older lines dropped  "), span("/needle  n next, N before  "), span("FOLLOWING"));
  const beside = noteBeside("logs", note, 73);
  expect(textOf(beside)).toBe("FOLLOWING");
  expect(textOf(tabBar("logs", 73 - rowWidth(beside)))).toContain("3 Egr");
  const paused = noteBeside("logs", row(span("PAUSED 500/1000, 12 newer lines")), 73);
  expect(textOf(tabBar("logs", 73 - rowWidth(paused)))).toContain("6 Info");
  expect(noteBeside("logs", note, 200)).toEqual(note);
});
