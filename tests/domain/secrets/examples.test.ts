// Each rule against its examples in fixtures/secrets/.

import { describe, expect, test } from "vitest";

import { createSecretScanner, secretRules } from "#domain/secrets/create-scanner.ts";
import { readExamples } from "#fixtures/secrets/examples.ts";

const examples = readExamples();

test("every rule has examples, and every example a rule", () => {
  expect(examples.map(({ rule }) => rule).sort()).toEqual(secretRules.map(({ id }) => id).sort());
  expect(new Set(secretRules.map(({ id }) => id)).size).toBe(secretRules.length);
  expect(secretRules.length).toBeGreaterThanOrEqual(60);
});

describe.each(examples)("$rule", ({ rule, find, pass }) => {
  const scanner = createSecretScanner({ own: [] });
  const severity = secretRules.find(({ id }) => id === rule)?.severity ?? "block";

  test.each(find)("is found in $written, exactly", ({ text, value }) => {
    const { matches, exhausted } = scanner.scan(Buffer.from(text));
    expect(matches).toContainEqual(expect.objectContaining({ rule, severity, ...value }));
    expect(exhausted).toBe(false);
  });

  test.each(pass)("is not found in $written", ({ text }) => {
    expect(scanner.scan(Buffer.from(text)).matches.filter((match) => match.rule === rule)).toEqual([]);
  });
});
