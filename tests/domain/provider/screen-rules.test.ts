import { describe, expect, test } from "vitest";

import { patternProblem } from "#domain/provider/screen-pattern.ts";
import { parseScreenRules } from "#domain/provider/screen-rules.ts";

const text = (...rule: string[]) => ["version: 1", "rules:", ...rule].join("\n");
const BUSY = ["  - id: working", "    state: busy", "    on: title"];

describe("screen-rules.yml", () => {
  test("is read with what it leaves out filled in", () => {
    expect(parseScreenRules(text(...BUSY, "    match: ['^Working$']"), "rules.yml")).toEqual({
      version: 1,
      recorded: [],
      rules: [{ id: "working", state: "busy", on: "title", lines: 12, match: ["^Working$"], without: [] }],
    });
  });

  test.each([
    ["no YAML", "a: [", /^rules\.yml:\d+: is not valid YAML/],
    [
      "a state that there is none of",
      text("  - {id: a, state: bus, on: title, match: [x]}"),
      /^rules\.yml:3: rules\[0\]\.state: "bus" is not/,
    ],
    ["no patterns", text(...BUSY, "    match: []"), /^rules\.yml:6: rules\[0\]\.match/],
    [
      "a key that nobody knows",
      text(...BUSY, "    match: [x]", "    flags: i"),
      /^rules\.yml:7: rules\[0\]\.flags: is no key/,
    ],
    [
      "a name with blanks",
      text("  - {id: A b, state: busy, on: title, match: [x]}"),
      /^rules\.yml:3: rules\[0\]\.id: .*approval-prompt/,
    ],
    [
      "a broken expression",
      text(...BUSY, "    match:", "      - ok", "      - '(a'"),
      /^rules\.yml:8: rules\[0\]\.match\[1\]: "\(a" is no regular expression: Unterminated group/,
    ],
    [
      "a dangerous one",
      text(...BUSY, "    match: ['x']", "    without: ['(a+)+$']"),
      /^rules\.yml:7: rules\[0\]\.without\[0\]: repeats a repetition/,
    ],
  ])("names file, line and field of %s", (_name, given, expected) => {
    expect(() => parseScreenRules(given, "rules.yml")).toThrow(expected);
  });
});

describe("a pattern", () => {
  test.each([
    "^\\s*❯ 1\\. (Yes|No)$",
    "(?:esc|ctrl\\+c) to interrupt",
    "^[·✢✳✶✻✽] .+… \\(",
    ".*foo.*bar",
    "(?i:working)",
    "[\\s\\S]*",
    "(?:, \\w+)? a{1,3}",
    "\\p{L}+ \\u{1f600}",
    "(?!prose)x",
    "^a*b*c*$",
  ])("is accepted: %s", (source) => {
    expect(patternProblem(source)).toBeUndefined();
  });

  test.each([
    ["(a+)+", /repeats/],
    ["(?:a|aa)*", /repeats/],
    ["(?:a?){50}", /repeats/],
    ["((a*)b)*", /repeats/],
    ["(?<x>a+){2,}", /repeats/],
    ["a*a*a*a*", /too many/],
    ["x[^y]*[^z]*q", /too many/],
    ["a{1,1000}b{1,1000}c{1,1000}", /too many/],
    ["(a)\\1", /refers back/],
    ["(?<=a)b", /looks behind/],
    ["[", /no regular expression/],
    ["a{2,1}", /no regular expression/],
  ])("is refused: %s", (source, why) => {
    expect(patternProblem(source)).toMatch(why);
  });

  test("that is accepted ends soon on the worst text for it", { timeout: 20_000 }, () => {
    const worst = [".*a.*b", "^\\s*a*b", "[\\s\\S]*x", "^ *│? *❯ [^\\n]*!", "a*a*b"].filter(
      (source) => patternProblem(source) === undefined,
    );
    expect(worst.length).toBeGreaterThan(3);
    for (const source of worst) {
      for (const unit of ["a".repeat(199), " ".repeat(199), "❯ ".repeat(99)]) {
        new RegExp(source, "um").test(Array.from({ length: 20 }, () => unit).join("\n"));
      }
    }
  });
});
