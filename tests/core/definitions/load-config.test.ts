import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { loadConfig } from "#core/definitions/load-config.ts";
import { DEFAULT_CONFIG } from "#domain/config/config.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "config-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const path = (name: string) => join(root, name);

describe("loadConfig", () => {
  test("is all defaults without a file", async () => {
    expect(await loadConfig(root)).toEqual({ config: DEFAULT_CONFIG, problems: [] });
  });

  test("is what the file says", async () => {
    writeFileSync(path("config.yml"), "theme: dark\n");
    expect((await loadConfig(root)).config).toEqual({ ...DEFAULT_CONFIG, theme: "dark" });
  });

  test("is all defaults and every problem with a malformed file", async () => {
    writeFileSync(path("config.yml"), "theme: drak\nlogs: 5\n");
    expect(await loadConfig(root)).toMatchObject({ config: DEFAULT_CONFIG, problems: [{ line: 1 }, { line: 2 }] });
    rmSync(path("config.yml"));
    mkdirSync(path("config.yml"));
    expect(await loadConfig(root)).toMatchObject({ config: DEFAULT_CONFIG, problems: [{ message: "is not a file" }] });
  });
});
