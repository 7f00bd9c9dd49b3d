import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

const root = join(import.meta.dirname, "..", "..");
const document = readFileSync(join(root, "docs", "threat-model.md"), "utf8");

/** `file.test.ts`: "name", "name"; a file without a folder is one of the survival suite. */
function namedTests(text: string): { readonly file: string; readonly names: readonly string[] }[] {
  return [...text.matchAll(/`([\w./-]+\.test\.tsx?)`((?:[:,]? "[^"]+")*)/g)].map(([, file = "", names = ""]) => ({
    file: file.includes("/") ? file : `tests/e2e/egress/${file}`,
    names: [...names.matchAll(/"([^"]+)"/g)].map(([, name = ""]) => name),
  }));
}

/** A line for each test that is named and is not there. */
function missingTests(text: string): string[] {
  return namedTests(text).flatMap(({ file, names }) => {
    if (!existsSync(join(root, file))) return [`${file} does not exist`];
    const source = readFileSync(join(root, file), "utf8");
    const isThere = (name: string): boolean => ['"', "`"].some((quote) => source.includes(`${quote}${name}${quote}`));
    if (names.length === 0) return [`${file} is named without a test in it`];
    return names.filter((name) => !isThere(name)).map((name) => `${file} has no "${name}"`);
  });
}

/** The rows of a section's tables, without their heads. */
function rowsOf(section: string): string[] {
  const text = document.slice(document.indexOf(`\n## ${section}\n`) + 1);
  const lines = text.slice(0, text.indexOf("\n## ", 1)).split("\n");
  return lines.filter(
    (line, index) =>
      line.startsWith("| ") && !line.startsWith("| ---") && !(lines[index + 1] ?? "").startsWith("| ---"),
  );
}

describe("the threat model", () => {
  test("names only tests that are there", () => {
    expect(missingTests(document)).toEqual([]);
  });

  test("shows each attack on the way out by a test", () => {
    const rows = rowsOf("The way out");
    expect(rows.length).toBeGreaterThan(30);
    expect(rows.filter((row) => namedTests(row).length === 0)).toEqual([]);
  });

  test.each(["The walls of a Docker bottle", "The git gate", "Real agents, and what they are given"])(
    "shows each attack on %s by a test",
    (section) => {
      const rows = rowsOf(section);
      expect(rows.length).toBeGreaterThan(8);
      expect(rows.filter((row) => namedTests(row).length === 0)).toEqual([]);
    },
  );

  test("names only places in the code that are there", () => {
    const places = [...document.matchAll(/`((?:src|sidecars|backends)\/[\w./-]+)`/g)].map(([, place = ""]) => place);
    expect(places.length).toBeGreaterThan(40);
    expect(places.filter((place) => !existsSync(join(root, place)))).toEqual([]);
  });
});

test("a test that is not there is noticed", () => {
  expect(
    missingTests('| `names.test.ts`: "within a tunnel is refused", "no such test" | `gone.test.ts`: "x" |'),
  ).toEqual(['tests/e2e/egress/names.test.ts has no "no such test"', "tests/e2e/egress/gone.test.ts does not exist"]);
  expect(missingTests("see `names.test.ts`.")).toEqual([
    "tests/e2e/egress/names.test.ts is named without a test in it",
  ]);
});
