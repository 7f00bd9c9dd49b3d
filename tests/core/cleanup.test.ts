import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

import { planCleanup } from "#core/cleanup.ts";
import type { Fleet } from "#domain/fleet/fleet.ts";
import { bottlePaths } from "#lib/paths.ts";

let root: string;
let workspace: string;
const FLEET = {
  bottles: ["a-aaaaa", "b-bbbbb"].map((slug) => ({ slug, state: "stopped" })),
  inbox: [],
  problems: {},
} as unknown as Fleet;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "cleanup-"));
  const { home } = bottlePaths(root, "a-aaaaa").agent;
  await mkdir(home, { recursive: true });
  workspace = join(home, "workspace");
});
afterEach(() => rm(root, { recursive: true, force: true }));

test.each([
  ["a file", () => writeFile(workspace, "x")],
  ["a link to itself", () => symlink("workspace", workspace)],
  ["a link out of the home", () => symlink("/", workspace)],
  ["a link to nowhere", () => symlink("/nowhere", workspace)],
])("an agent that puts %s in the place of its workspace keeps its own bottle, and no other", async (_what, put) => {
  await put();
  const items = await planCleanup({ root, fleet: FLEET, backends: [], now: new Date() }, [], false);
  expect(items.map(({ slug, remove }) => [slug, remove])).toEqual([
    ["a-aaaaa", false],
    ["b-bbbbb", true],
  ]);
  expect(items[0]?.detail).toContain("holds 1 uncollected entry");
});
