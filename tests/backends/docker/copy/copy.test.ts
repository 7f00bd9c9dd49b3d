// Files in and out of a running container, also such as somebody hostile prepared there.

import { execFileSync } from "node:child_process";
import {
  lstatSync,
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

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { copyIn, copyOut } from "#backends/docker/copy/copy.ts";
import { workspaceEntries } from "#backends/docker/copy/workspace-entries.ts";
import { execInBottle } from "#backends/docker/exec/exec.ts";
import { requireDocker } from "#tests/helpers/docker.ts";

import { plainBottles, type PlainBottles } from "../plain-bottles.ts";

describe("copying", await requireDocker(), () => {
  let bottles: PlainBottles;
  let here: string;
  beforeAll(async () => {
    bottles = plainBottles();
    await bottles.run("one", ["/bin/sleep", "1000"]);
  });
  afterAll(() => bottles.end());
  beforeEach(() => {
    here = mkdtempSync(join(tmpdir(), "copy-"));
  });
  afterEach(async () => {
    rmSync(here, { recursive: true, force: true });
    await inside("find /home/node -mindepth 1 -delete");
  });

  const inside = async (script: string): Promise<string> => {
    const { stdout, stderr, exitCode } = await execInBottle(bottles.context, "one", { argv: ["sh", "-c", script] });
    if (exitCode !== 0) throw new Error(stderr);
    return stdout.trim();
  };
  const into = (from: string, to: string): Promise<void> => copyIn(bottles.context, "one", from, to);
  const out = (from: string, to: string) => copyOut(bottles.context, "one", from, to);

  test("a file goes into a folder, or to a new name, and belongs to node", async () => {
    writeFileSync(join(here, "note"), "hello", { mode: 0o640 });
    await into(join(here, "note"), "/home/node");
    await into(join(here, "note"), "renamed");
    await into(join(here, "note"), "/tmp/other");
    expect(await inside("cat note renamed /tmp/other; stat -c '%U:%G %a' note")).toBe("hellohellohellonode:node 640");
    await expect(into(join(here, "note"), "no-such-folder/")).rejects.toMatchObject({ code: "not-found" });
    await expect(into(join(here, "nothing"), "x")).rejects.toMatchObject({ code: "not-found" });
    await expect(into(join(here, "note"), "/etc/note")).rejects.toMatchObject({ code: "failed" });
  });

  test("a folder goes with its links, long names and empty folders, and its content alone by a dot", async () => {
    const name = "n".repeat(120);
    mkdirSync(join(here, "tree", "empty"), { recursive: true });
    writeFileSync(join(here, "tree", name), "long");
    writeFileSync(join(here, "tree", "ünï"), Buffer.alloc(1_000_000, "x"));
    symlinkSync("/etc/passwd", join(here, "tree", "link"));
    execFileSync("mkfifo", [join(here, "tree", "pipe")]);
    await into(join(here, "tree"), "new");
    await into(join(here, "tree"), "new");
    await into(`${join(here, "tree")}/.`, "new");
    expect(
      await inside("cd new; ls -d empty tree/empty; readlink link; cat n*; wc -c < ünï; ls pipe 2>&1 | wc -l"),
    ).toBe("empty\ntree/empty\n/etc/passwd\nlong1000000\n1");
    expect((await inside("ls -A new")).split("\n")).toHaveLength(5);
  });

  test("comes out as the caller's, into a folder or as a new name", async () => {
    await inside("mkdir -p dir/sub; echo one > dir/a; echo two > dir/sub/b; ln -s sub/b dir/good; chmod 4755 dir/a");
    await out("dir", join(here, "new"));
    await out("/home/node/dir", here);
    await out("dir/a", join(here, "file"));
    for (const folder of ["new", "dir"]) {
      expect(readFileSync(join(here, folder, "a"), "utf8")).toBe("one\n");
      expect(readFileSync(join(here, folder, "good"), "utf8")).toBe("two\n");
    }
    const stats = statSync(join(here, "new", "a"));
    expect({ mode: stats.mode & 0o7777, uid: stats.uid }).toEqual({ mode: 0o755, uid: process.getuid?.() });
    expect(readdirSync(here).toSorted()).toEqual(["dir", "file", "new"]);
    await expect(out("no-such", here)).rejects.toMatchObject({ code: "not-found" });
  });

  test("leads nowhere else, whatever links and pipes are in it", async () => {
    writeFileSync(join(here, "precious"), "mine");
    await inside(
      "mkdir -p d/deep; cd d; ln -s /etc/passwd abs; ln -s ../../precious up; ln -s . here; ln -s here/../.. tricky; ln -s deep/x in; mkfifo pipe; echo x > deep/x",
    );
    const { leftOut } = await out("d", join(here, "out"));
    expect(leftOut.map(({ path }) => path).toSorted()).toEqual(["./d/pipe", "d/abs", "d/tricky", "d/up"]);
    expect(readdirSync(join(here, "out")).toSorted()).toEqual(["deep", "here", "in"]);
    expect(readFileSync(join(here, "out", "in"), "utf8")).toBe("x\n");
  });

  test("writes through no link that is at its place already", async () => {
    mkdirSync(join(here, "outside"));
    mkdirSync(join(here, "to", "d"), { recursive: true });
    symlinkSync(join(here, "outside"), join(here, "to", "d", "sub"));
    symlinkSync(join(here, "outside", "file"), join(here, "to", "d", "file"));
    await inside("mkdir -p d/sub; echo x > d/sub/planted; echo y > d/file");
    await expect(out("d", join(here, "to"))).rejects.toMatchObject({ code: "conflict" });
    expect(readdirSync(join(here, "outside"))).toEqual([]);
    rmSync(join(here, "to", "d", "sub"));
    await out("d", join(here, "to"));
    expect(lstatSync(join(here, "to", "d", "file")).isFile()).toBe(true);
    expect(readdirSync(join(here, "outside"))).toEqual([]);
  });

  test("leaves nothing behind when it fails in the middle", async () => {
    await inside("mkdir -p d; head -c 300000 /dev/zero > d/zeros; mkdir d/closed; chmod 0 d/closed");
    await expect(out("d", join(here, "out"))).rejects.toThrow(/closed/);
    expect(readdirSync(here)).toEqual([]);
    await inside("chmod 700 d/closed");
  });

  test("a workspace is counted, running or not", async () => {
    expect(await workspaceEntries(bottles.context, "one")).toBe(0);
    await inside("mkdir workspace; touch workspace/a workspace/.b 'workspace/c d'");
    expect(await workspaceEntries(bottles.context, "one")).toBe(3);
    const ended = await bottles.run(
      "ended",
      ["/bin/sh", "-c", "mkdir ~/workspace; touch ~/workspace/x ~/workspace/y"],
      {
        HostConfig: { ReadonlyRootfs: false, Tmpfs: {} },
      },
    );
    await ended.wait();
    expect(await workspaceEntries(bottles.context, "ended")).toBe(2);
  });
});
