import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, test } from "vitest";

import { copiedLoginWarnings } from "#core/launch/copied-logins.ts";

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "copied-logins-"));
  for (const folder of [".codex", ".ssh", "work", "other"]) mkdirSync(join(home, folder));
  writeFileSync(join(home, ".codex/auth.json"), "{}");
  writeFileSync(join(home, "work/auth.json"), "{}");
});
afterEach(() => rmSync(home, { recursive: true }));

const warnings = (copyCwd: string | undefined, more: { env?: Record<string, string>; seed?: string } = {}) =>
  copiedLoginWarnings({ copyCwd, home, env: more.env ?? {}, seed: more.seed });

test("a copy of the home folder is warned of, with the logins that are in it", async () => {
  const [warning] = await warnings(home);
  expect(warning).toContain(`.codex/auth.json, .ssh of ${home} are copied as well`);
  expect(warning).not.toContain(".aws");
});

test("so it is through a link, and of a folder above", async () => {
  symlinkSync(home, join(home, "other/home"));
  expect(await warnings(join(home, "other/home"))).toHaveLength(1);
  expect((await warnings(join(home, ".."))).join()).toContain("/.codex/auth.json");
});

test("a folder of work is not, unless a login lies in it that is named elsewhere", async () => {
  expect(await warnings(join(home, "work"))).toEqual([]);
  expect(await warnings(undefined)).toEqual([]);
  const work = join(home, "work");
  expect((await warnings(work, { env: { CODEX_HOME: work } })).join()).toMatch(/^auth\.json of .* is copied as well/);
  expect(await warnings(work, { seed: join(work, "auth.json") })).toHaveLength(1);
});
