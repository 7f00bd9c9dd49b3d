// fixtures/manifests/bad/: the body of each file says what is wrong with its front matter, a line for each problem.

import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { describe, expect, test } from "vitest";

import { splitFrontMatter } from "#domain/definition/front-matter.ts";
import { parseAgent, parseBottle } from "#domain/definition/parse.ts";

const folder = (kind: string): string =>
  fileURLToPath(new URL(`../../../fixtures/manifests/bad/${kind}/`, import.meta.url));

describe.each(["bottles", "agents"] as const)("malformed %s", (kind) => {
  test.each(readdirSync(folder(kind)))("%s gets every error that its body lists", (name) => {
    const text = readFileSync(folder(kind) + name, "utf8");
    const file = { name: "bad", path: name, text };
    const parsed = kind === "bottles" ? parseBottle(file) : parseAgent(file, "root");
    expect(parsed.ok).toBe(false);
    const found = parsed.ok ? [] : parsed.problems;
    expect(found.map(({ line, field, message }) => `${line ?? "?"} ${field ?? ""}: ${message}`)).toEqual(
      splitFrontMatter(text)?.body.split("\n"),
    );
    expect(found.every(({ path }) => path === name)).toBe(true);
    expect(JSON.stringify(found)).not.toContain("secret-value");
  });
});
