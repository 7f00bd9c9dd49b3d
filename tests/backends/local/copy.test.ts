// Files in and out of a local bottle's home, which its agent may have filled with traps.

import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { copyIn, copyOut } from "#backends/local/copy.ts";
import { bottlePaths, type BottlePaths } from "#lib/paths.ts";

describe("copying with a local bottle", () => {
  let here: string;
  let paths: BottlePaths;
  let home: string;
  beforeEach(() => {
    here = mkdtempSync(join(tmpdir(), "local-copy-"));
    paths = bottlePaths(join(here, "root"), "one");
    home = paths.agent.home;
    mkdirSync(home, { recursive: true });
  });
  afterEach(() => rmSync(here, { recursive: true, force: true }));

  test("a file goes in under a new name, or into a folder, below the home alone", async () => {
    writeFileSync(join(here, "note"), "hello");
    mkdirSync(join(home, "workspace"));
    await copyIn(paths, join(here, "note"), "workspace");
    await copyIn(paths, join(here, "note"), "/home/node/renamed");
    expect(readFileSync(join(home, "workspace", "note"), "utf8")).toBe("hello");
    expect(readFileSync(join(home, "renamed"), "utf8")).toBe("hello");
    await expect(copyIn(paths, join(here, "note"), "/etc/note")).rejects.toMatchObject({ code: "invalid" });
    await expect(copyIn(paths, join(here, "note"), "../../note")).rejects.toMatchObject({ code: "invalid" });
    await expect(copyIn(paths, join(here, "note"), "no/such")).rejects.toMatchObject({ code: "not-found" });
    expect(readdirSync(paths.agent.dir)).toEqual(["home"]);
  });

  test.runIf(process.getuid?.() === 0)("what goes in belongs to whom the home belongs to", async () => {
    chownSync(home, 4321, 4321);
    mkdirSync(join(here, "tree", "sub"), { recursive: true });
    symlinkSync("/etc/passwd", join(here, "tree", "link"));
    await copyIn(paths, join(here, "tree"), ".");
    expect(statSync(join(home, "tree", "sub")).uid).toBe(4321);
    expect(statSync("/etc/passwd").uid).toBe(0);
  });

  test("nothing goes in through a link of the agent's", async () => {
    mkdirSync(join(here, "outside"));
    mkdirSync(join(here, "tree", "sub"), { recursive: true });
    writeFileSync(join(here, "tree", "sub", "file"), "x");
    symlinkSync(join(here, "outside"), join(home, "trap"));
    await expect(copyIn(paths, join(here, "tree"), "trap/x")).rejects.toMatchObject({ code: "refused" });
    mkdirSync(join(home, "tree"));
    symlinkSync(join(here, "outside"), join(home, "tree", "sub"));
    await expect(copyIn(paths, join(here, "tree"), ".")).rejects.toMatchObject({ code: "conflict" });
    expect(readdirSync(join(here, "outside"))).toEqual([]);
    expect(readdirSync(paths.agent.dir)).toEqual(["home"]);
  });

  test("what comes out has no link that leads elsewhere, and no bit that gives rights", async () => {
    writeFileSync(join(here, "precious"), "mine");
    mkdirSync(join(home, "d"));
    writeFileSync(join(home, "d", "tool"), "x", { mode: 0o755 });
    chmodSync(join(home, "d", "tool"), 0o6755);
    symlinkSync("tool", join(home, "d", "good"));
    symlinkSync(join(here, "precious"), join(home, "d", "bad"));
    const { leftOut } = await copyOut(paths, "d", join(here, "out"));
    expect(leftOut).toEqual([{ path: "d/bad", why: expect.stringContaining("leads out") }]);
    expect(readdirSync(join(here, "out")).toSorted()).toEqual(["good", "tool"]);
    expect(statSync(join(here, "out", "tool")).mode & 0o7777).toBe(0o755);
  });

  test("nothing of this machine comes out through a link of the agent's", async () => {
    mkdirSync(join(here, "outside"));
    writeFileSync(join(here, "outside", "secret"), "mine");
    symlinkSync(join(here, "outside"), join(home, "trap"));
    await expect(copyOut(paths, "trap/secret", join(here, "out"))).rejects.toMatchObject({ code: "refused" });
    await expect(copyOut(paths, "trap", join(here, "out"))).rejects.toMatchObject({ code: "failed" });
    expect(readdirSync(here).toSorted()).toEqual(["outside", "root"]);
  });

  test("the whole home comes out", async () => {
    writeFileSync(join(home, "a"), "1");
    await copyOut(paths, "/home/node", join(here, "out"));
    await copyOut(paths, ".", join(here, "again"));
    expect([readdirSync(join(here, "out")), readdirSync(join(here, "again"))]).toEqual([["a"], ["a"]]);
  });
});
