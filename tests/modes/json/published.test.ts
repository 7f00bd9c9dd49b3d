import { readdir } from "node:fs/promises";

import { describe, expect, it } from "vitest";

import { COMMANDS } from "#cli/registry.ts";
import { PUBLISHED, schemaText } from "#modes/json/published.ts";

const folder = new URL("../../../docs/schemas/", import.meta.url);

describe("the published schemas", () => {
  it.each(Object.entries(PUBLISHED))("has an up-to-date %s (vitest -u writes it)", async (name, published) => {
    await expect(schemaText(name, published)).toMatchFileSnapshot(new URL(`${name}.schema.json`, folder).pathname);
  });

  it("has no others but those of config.yml and provider.yml", async () => {
    const files = await readdir(folder);
    const known = [...Object.keys(PUBLISHED), "config", "provider"].map((name) => `${name}.schema.json`);
    expect(files.toSorted()).toEqual(known.toSorted());
  });

  it("answers every command that prints", () => {
    const silent = ["attach", "completion"]; // a terminal and a shell script
    const printed = Object.values(PUBLISHED)
      .map((published) => published.printed)
      .join(", ");
    const unanswered = COMMANDS.map(({ name }) => name).filter((name) => !new RegExp(`\\b${name}\\b`).test(printed));
    expect(unanswered).toEqual(silent);
  });
});
