// Whatever a cloned repository puts into a definition costs a bounded time and ends in a list of errors.

import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { parseAgent, parseBottle } from "#domain/definition/parse.ts";

const LIMIT = 65_000;
const repeat = (text: string): string => text.repeat(Math.ceil(LIMIT / text.length)).slice(0, LIMIT);

const HOSTILE: Record<string, string> = {
  "unclosed lists": repeat("["),
  "unclosed maps": repeat("{"),
  "closed lists, nested": `env: ${"[".repeat(30_000)}${"]".repeat(30_000)}`,
  "nested block lists": repeat("- "),
  "nested complex keys": repeat("? "),
  "nested blocks": Array.from({ length: 350 }, (_, depth) => `${" ".repeat(depth)}a:`).join("\n"),
  "many keys": Array.from({ length: 9000 }, (_, index) => `k${index}:`).join("\n"),
  "one key, many times": repeat("a:\n"),
  "a billion laughs": `a: &a [x,x,x,x,x,x,x,x,x]\n${Array.from("bcdefghij", (key, index) => `${key}: &${key} [${`*${"abcdefghi"[index]},`.repeat(9)}]`).join("\n")}`,
  "many aliases": `a: &a x\nb: [${"*a,".repeat(20_000)}]`,
  "many anchors": repeat("- &a x\n"),
  commas: `[${repeat(",")}`,
  quotes: repeat('"'),
  colons: repeat(": "),
  stars: repeat("* "),
  directives: repeat("%a\n"),
  tabs: repeat("\t"),
  "blank lines": repeat("\n"),
  "a long word": repeat("a"),
  "a long key": `${"a".repeat(60_000)}: 1`,
  "a long unknown route key": `egress: {routes: [{host: a.b, ${"a".repeat(60_000)}: 1}]}`,
  "a long host": `egress: {routes: [{host: ${"a.".repeat(30_000)}}]}`,
  "a long url": `git-gate: {repos: {a: {url: "ssh://${"@:/".repeat(20_000)}", identity: k}}}`,
};

function expectAnswers(text: string): void {
  for (const parsed of [
    parseBottle({ name: "x", path: "x.md", text }),
    parseAgent({ name: "x", path: "x.md", text }, "repository"),
  ]) {
    if (!parsed.ok) expect(parsed.problems.some(({ severity }) => severity === "error")).toBe(true);
  }
}

describe("hostile definitions", () => {
  test.each(Object.entries(HOSTILE))("%s: refused in time", (_name, yaml) => {
    const text = `---\n${yaml}\n---\n`;
    const started = performance.now();
    const parsed = [
      parseBottle({ name: "x", path: "x.md", text }),
      parseAgent({ name: "x", path: "x.md", text }, "repository"),
    ];
    // Generous: what is measured is that nothing takes quadratic time.
    expect(performance.now() - started).toBeLessThan(8000);
    expect(parsed.some(({ ok }) => !ok)).toBe(true);
  });

  test("any text gives a definition or errors, and never throws", () => {
    expect.hasAssertions();
    const fragment = fc.constantFrom(
      ..."extends: ,env:,egress:,routes:,- host: a.b,auth:,{},[],?x,${A},&a,*a,!!str,|,>,---,...,: ,#,\n,\n  ,\n    ,\t,'".split(
        ",",
      ),
      '"',
      ",",
      "\u0000",
      "\u001b[0m",
      "git-gate: {repos: {",
      "constructor:",
      "__proto__:",
    );
    const soup = fc
      .array(fc.oneof(fragment, fc.string({ maxLength: 5 })), { maxLength: 40 })
      .map((parts) => parts.join(""));
    fc.assert(
      fc.property(fc.oneof(soup, fc.string({ unit: "binary" })), (yaml) => {
        expectAnswers(`---\n${yaml}\n---\n`);
        expectAnswers(yaml);
      }),
      { numRuns: 500 },
    );
  });

  test("any value under any key gives a definition or errors, and never throws", () => {
    expect.hasAssertions();
    const keys = [
      "extends",
      "env",
      "agent_provider",
      "git-gate",
      "egress",
      "supervise",
      "backend",
      "resources",
      "budget",
      "git",
    ];
    const value = fc.jsonValue({ maxDepth: 4 });
    fc.assert(
      fc.property(fc.constantFrom(...keys), value, fc.constantFrom(...keys), value, (key, one, other, two) => {
        expectAnswers(`---\n${JSON.stringify({ [key]: one, [other]: two })}\n---\n`);
      }),
      { numRuns: 500 },
    );
  });
});
