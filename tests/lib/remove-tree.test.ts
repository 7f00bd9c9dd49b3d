import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

import { removeTree } from "#lib/remove-tree.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "remove-tree-"));
});
afterEach(() => removeTree(folder));

test("takes a tree deeper than any path may be long", async () => {
  const home = join(folder, "home");
  await mkdir(home);
  for (let depth = 0; depth < 60; depth += 1) {
    // From the inside out: no step needs a path longer than its own name.
    const outer = join(folder, "outer");
    await mkdir(outer);
    if (depth > 0) await rename(join(folder, "inner"), join(outer, "x".repeat(200)));
    await rename(outer, join(folder, "inner"));
  }
  await rename(join(folder, "inner"), join(home, "deep"));
  await expect(rm(home, { recursive: true })).rejects.toThrow("ENAMETOOLONG");
  await removeTree(home);
  expect(existsSync(home)).toBe(false);
});

test("takes folders without permissions, and leaves what links lead to", async () => {
  const home = join(folder, "home");
  const outside = join(folder, "outside");
  await mkdir(join(home, "locked"), { recursive: true });
  await writeFile(join(home, "locked", "file"), "x");
  await writeFile(outside, "kept", { mode: 0o400 });
  await symlink(outside, join(home, "link"));
  await symlink(folder, join(home, "locked", "up"));
  await chmod(join(home, "locked"), 0o000);
  await removeTree(home);
  expect(existsSync(home)).toBe(false);
  expect(await readFile(outside, "utf8")).toBe("kept");
});

test("is content when there is nothing", async () => {
  await expect(removeTree(join(folder, "nothing"))).resolves.toBeUndefined();
});
