// The guide to egress shows routes that load, and names every key that a route takes.

import { readFileSync } from "node:fs";

import { expect, test } from "vitest";

import { parseBottle } from "#domain/definition/parse.ts";
import { Route } from "#domain/egress/route.ts";

const guide = readFileSync(new URL("../../../docs/guides/egress.md", import.meta.url), "utf8");

test("the definition in the guide loads, with the one warning that it explains", () => {
  const [, yaml = ""] = /```yaml\n([^]*?)```/.exec(guide) ?? [];
  const parsed = parseBottle({ name: "guide", path: "guide.md", text: `---\n${yaml}---\n` });
  expect(parsed.ok ? parsed.warnings.map(({ field, message }) => `${field}: ${message}`) : parsed.problems).toEqual([
    "db.example.net: raw TCP: nothing is read or scanned",
  ]);
});

test("the guide names every key of a route", () => {
  const keys = Object.keys(Route.shape).filter((key) => key !== "role");
  expect(keys.filter((key) => !guide.includes(`\`${key}`))).toEqual([]);
});
