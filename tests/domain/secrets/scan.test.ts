// The scanner against a loop of plain expressions, in pieces, with own secrets, and against text that means it harm.

import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { compileRules } from "#domain/secrets/compile-rules.ts";
import { createSecretScanner, secretRules, titleOf } from "#domain/secrets/create-scanner.ts";
import { ambiguousStep, readPattern } from "#domain/secrets/pattern.ts";
import { runScan } from "#domain/secrets/run-scan.ts";
import type { SecretMatch, SecretScanner } from "#domain/secrets/scanner.ts";
import { workFor } from "#domain/secrets/work.ts";
import { readExamples } from "#fixtures/secrets/examples.ts";

import { naiveScan, patternRules } from "./naive-scan.ts";

/** Steps of the longest match there is, judged. */
const ONE_MATCH = 60_000;
const scanner = createSecretScanner({ own: [] });
const examples = readExamples().flatMap(({ find, pass }) => [...find, ...pass].map(({ text }) => text));
/** Pieces of rules: what a hostile text would be made of. */
const baits = patternRules.flatMap(({ patterns }) =>
  patterns.map((source) => source.replace(/[[\](){}?\\]/g, "").slice(0, 24)),
);
const filler = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.constantFrom(" ", "\n", '","', "\\n", "==", "A".repeat(30), "0".repeat(19)),
  fc.constantFrom(...baits),
);
const planted = fc
  .array(fc.tuple(filler, fc.constantFrom(...examples)), { maxLength: 8 })
  .map((parts) => Buffer.from(parts.flat().join("")));

describe("the rules", () => {
  test.each(patternRules.flatMap(({ id, patterns }) => patterns.map((source) => [id, source] as const)))(
    "%s leaves nothing to backtrack in %s",
    (_id, source) => {
      expect(ambiguousStep(readPattern(source))).toBeUndefined();
      expect(() => new RegExp(source)).not.toThrow();
    },
  );

  test("have words for people, own secrets too", () => {
    expect(titleOf("github-pat")).toBe("GitHub personal access token");
    expect(titleOf("canary")).toContain("canary");
    expect(titleOf("own:GH_PAT")).toContain("GH_PAT");
    expect(secretRules.every(({ title }) => title.length > 3)).toBe(true);
  });
});

describe("a scan", () => {
  const patternsOnly = createSecretScanner({ own: [], rules: patternRules });

  test("finds exactly what a loop of the expressions finds", () => {
    fc.assert(
      fc.property(planted, (bytes) => {
        expect(patternsOnly.scan(bytes)).toEqual({ matches: naiveScan(bytes), exhausted: false });
      }),
      { numRuns: 150 },
    );
  });

  test("never throws, and its matches lie within the bytes, in order and apart", () => {
    fc.assert(
      fc.property(fc.oneof(planted, fc.uint8Array({ maxLength: 3000 })), (bytes) => {
        let behind = 0;
        for (const { start, end } of scanner.scan(bytes).matches) {
          expect(start).toBeGreaterThanOrEqual(behind);
          expect(end).toBeGreaterThan(start);
          expect(end - start).toBeLessThanOrEqual(scanner.longestMatch);
          behind = end;
        }
        expect(behind).toBeLessThanOrEqual(bytes.length);
      }),
      { numRuns: 300 },
    );
  });

  test("in pieces that overlap finds the same as a whole", () => {
    fc.assert(
      fc.property(planted, planted, fc.integer({ min: 1, max: 3000 }), (first, second, size) => {
        const bytes = Buffer.concat([first, Buffer.alloc(1200, "lorem ipsum "), second]);
        expect(scanInPieces(scanner, bytes, size)).toEqual(scanner.scan(bytes).matches);
      }),
      { numRuns: 100 },
    );
  });

  test("keeps the match short enough for a stream to hold back", () => {
    expect(scanner.longestMatch).toBeLessThanOrEqual(1024);
  });

  test("finds a key whose length leaves no short last line, and says of a long one that it goes on", () => {
    const key = (lines: number): string =>
      `-----BEGIN PRIVATE KEY-----\n${"MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgx5RkBQ7oTqkzVJ3p\n".repeat(lines)}-----END PRIVATE KEY-----`;
    expect(scanner.scan(Buffer.from(key(1))).matches).toEqual([
      { rule: "private-key", severity: "block", start: 0, end: key(1).length },
    ]);
    expect(scanner.scan(Buffer.from(key(26))).matches).toEqual([
      expect.objectContaining({ rule: "private-key", start: 0, partial: true }),
    ]);
  });

  test("tells what blocks rather than a longer guess around it", () => {
    const token = examples.find((text) => text.startsWith("glpat-") && text.length === 26)!;
    const { matches } = scanner.scan(Buffer.from(`my_secret = "abc/${token}/XYZ9.0"`));
    expect(matches.map(({ rule }) => rule)).toEqual(["gitlab-pat"]);
  });
});

describe("own secrets", () => {
  const own = [
    { rule: "canary", value: "c4nary-value" },
    { rule: "own:PIN", value: "1234" },
    { rule: "own:LONG", value: Array.from({ length: 300 }, (_, index) => `${index}-`).join("") },
    { rule: "own:WORDS", value: "größe \u{1f511} schlüssel\n" },
  ];
  const scanner = createSecretScanner({ own });

  test("are found anywhere, also within words and beside other bytes than text", () => {
    const bytes = Buffer.concat([Buffer.from([0, 255, 65]), Buffer.from("c4nary-valueX"), Buffer.from([200])]);
    expect(scanner.scan(bytes).matches).toEqual([{ rule: "canary", severity: "block", start: 3, end: 15 }]);
    expect(scanner.scan(Buffer.from("C4NARY-VALUE c4nary-valu")).matches).toEqual([]);
    expect(scanner.scan(Buffer.from("(größe \u{1f511} schlüssel)")).matches).toEqual([
      { rule: "own:WORDS", severity: "block", start: 1, end: 24 },
    ]);
  });

  test("that are too short are named, and not looked for", () => {
    expect(scanner.ignored).toEqual(["own:PIN"]);
    expect(scanner.scan(Buffer.from("1234 12345")).matches).toEqual([]);
  });

  test("that are long are found in pieces that cover all of them", () => {
    const value = own[2]!.value;
    const { matches } = scanner.scan(Buffer.from(`x${value}x`));
    expect(matches.every(({ rule }) => rule === "own:LONG")).toBe(true);
    expect([matches[0]!.start, matches.at(-1)!.end]).toEqual([1, 1 + value.length]);
    expect(matches.every(({ start }, index) => index === 0 || start === matches[index - 1]!.end)).toBe(true);
    expect(scanner.longestMatch).toBeLessThanOrEqual(1024);
  });

  test("come before the rule that would also find them", () => {
    const token = examples.find((text) => text.startsWith("glpat-") && text.length === 26)!;
    const { scan } = createSecretScanner({ own: [{ rule: "own:GITLAB", value: token }] });
    expect(scan(Buffer.from(token)).matches.map(({ rule }) => rule)).toEqual(["own:GITLAB"]);
  });

  test("are looked for alone when there are no rules", () => {
    const alone = createSecretScanner({ own, rules: [] });
    expect(alone.scan(Buffer.from(`${examples.join("\n")} c4nary-value`)).matches.map(({ rule }) => rule)).toEqual([
      "canary",
    ]);
    expect(createSecretScanner({ own: [], rules: [] }).scan(Buffer.from(examples[0]!)).matches).toEqual([]);
  });
});

describe("text that means harm", () => {
  const compiled = compileRules([], secretRules);

  test.each([2000, 256 * 1024])("of %i bytes never costs more than its budget and one last match", (size) => {
    for (const bait of baits) {
      const work = workFor(size);
      const bytes = Buffer.alloc(size, bait);
      expect(runScan(compiled, bytes, work).exhausted).toBe(work.left <= 0);
      expect(work.left).toBeGreaterThan(-ONE_MATCH);
    }
  });

  test("is not called scanned when the budget ends first", () => {
    const keys = Buffer.from(`${"x".repeat(500)} ${examples.join("\n")}`);
    const { matches, exhausted } = runScan(compiled, keys, { left: 100_000 });
    expect(exhausted).toBe(true);
    expect(matches.length).toBeLessThan(scanner.scan(keys).matches.length);
  });

  test("of secrets alone is scanned to its end while it is short", () => {
    const { matches, exhausted } = scanner.scan(Buffer.from(examples.join("\n")));
    expect(exhausted).toBe(false);
    expect(matches.length).toBeGreaterThan(300);
  });
});

/** As a reader of a stream does: what lies behind is kept as context, and what might still grow is decided with more of it. */
function scanInPieces({ scan, longestMatch }: SecretScanner, bytes: Uint8Array, size: number): SecretMatch[] {
  const found: SecretMatch[] = [];
  let decided = 0;
  for (let end = Math.min(size, bytes.length); ; end = Math.min(end + size, bytes.length)) {
    const start = Math.max(0, decided - longestMatch);
    const isLast = end === bytes.length;
    const settled = isLast ? end : Math.max(decided, end - longestMatch);
    for (const match of scan(bytes.subarray(start, end)).matches) {
      const at = start + match.start;
      if (at >= decided && at < settled) found.push({ ...match, start: at, end: start + match.end });
    }
    decided = settled;
    if (isLast) return found;
  }
}
