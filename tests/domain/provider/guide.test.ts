// The guide to providers shows files that load, and names every key that there is.

import { readFileSync } from "node:fs";

import { expect, test } from "vitest";

import { parseConfig } from "#domain/config/config.ts";
import { parseBottle } from "#domain/definition/parse.ts";
import { ContributedKeys, parseContributed } from "#domain/provider/contributed.ts";

const guide = readFileSync(new URL("../../../docs/guides/providers.md", import.meta.url), "utf8");
const [provider = "", definition = "", config = ""] = [...guide.matchAll(/```yaml\n([^]*?)```/g)].map(
  ([, yaml]) => yaml,
);

test("the provider in the guide loads, without a warning, and has every key", () => {
  const parsed = parseContributed("mine", provider, "provider.yml");
  expect(parsed).toMatchObject({ ok: true, warnings: [] });
  expect(Object.keys(ContributedKeys.shape).filter((key) => !provider.includes(`${key}:`))).toEqual([]);
});

test("the definition and the settings in the guide load", () => {
  const file = { name: "guide", path: "guide.md", text: `---\n${definition}---\n` };
  expect(parseBottle(file)).toMatchObject({ ok: true, warnings: [] });
  expect(parseConfig(config, "config.yml")).toMatchObject({
    ok: true,
    value: { credentials: { key: { env: "BOTTLE_SEED_KEY" } } },
  });
});
