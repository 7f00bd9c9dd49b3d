// The patches of the real git, cut anywhere, and content that would be taken for the frame of a patch.

import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { execFileSync } from "node:child_process";
import { tmpdir } from "node:os";

import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { PatchParser } from "#sidecars/git-gate/scan/patch-parser.ts";
import { PATCH_ARGUMENTS } from "#sidecars/git-gate/scan/scan-push.ts";
import { git } from "#tests/helpers/git/client.ts";

interface Told {
  readonly commit: string;
  readonly path: string;
  /** Of each line that was added: its number and what it says; latin1. */
  readonly lines: Record<number, string>;
  readonly blob?: string;
}

function parse(patch: Buffer, cuts: readonly number[] = []): Told[] {
  const told: { commit: string; path: string; lines: Record<number, string>; blob?: string }[] = [];
  let commit = "";
  let line = 0;
  let text = "";
  const last = () => told.at(-1)!;
  const parser = new PatchParser({
    commit: (id) => (commit = id),
    file: (path) => void told.push({ commit, path: path.toString("latin1"), lines: {} }),
    blob: (path, id) => {
      expect(path.toString("latin1")).toBe(last().path);
      last().blob = id;
    },
    at: (next) => {
      line = next;
      text = "";
    },
    added: (bytes) => {
      text += bytes.toString("latin1");
      last().lines[line] = text.replace(/\n$/, "");
      if (!text.endsWith("\n")) return;
      line += 1;
      text = "";
    },
    kept: (bytes) => {
      if (bytes.includes(0x0a)) line += 1;
    },
  });
  let from = 0;
  for (const cut of [...new Set(cuts)].toSorted((a, b) => a - b)) {
    parser.push(patch.subarray(from, Math.max(from, cut)));
    from = Math.max(from, cut);
  }
  parser.push(patch.subarray(from));
  parser.end();
  return told;
}

let folder: string;
const patchOf = (...range: string[]): Buffer =>
  execFileSync("git", PATCH_ARGUMENTS, {
    cwd: folder,
    input: `${git(folder, "rev-list", "--reverse", "--topo-order", ...range)}\n`,
    maxBuffer: 2 ** 28,
  });
const commit = (files: Readonly<Record<string, string | Buffer>>): string => {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  git(folder, "add", "-A");
  git(folder, "commit", "-q", "--allow-empty", "-m", "x");
  return git(folder, "rev-parse", "HEAD");
};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "patch-parser-"));
  git(folder, "init", "-q", "-b", "main");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("a patch", () => {
  test("tells each added line with its number, whatever the paths are called", () => {
    const paths = [
      "plain",
      "two words",
      'quo"te',
      "back\\slash",
      "new\nline",
      "tab\there",
      "täg",
      " ",
      "-x",
      "a b/a b",
      "esc\u001b",
    ];
    const id = commit(Object.fromEntries(paths.map((path) => [path, "one\ntwo\n"])));
    expect(parse(patchOf("HEAD"))).toEqual(
      expect.arrayContaining(
        paths.map((path) => ({
          commit: id,
          path: Buffer.from(path).toString("latin1"),
          lines: { 1: "one", 2: "two" },
        })),
      ),
    );
  });

  test("tells empty files, changed modes, renames, links, binaries and files without a last line end", () => {
    const before = commit({
      "moved.txt": "a\nb\nc\nd\ne\nf\n",
      gone: "gone\n",
      bin: Buffer.from([0, 1]),
      "run.sh": "x\n",
    });
    git(folder, "mv", "moved.txt", "new name.txt");
    git(folder, "rm", "-q", "gone");
    chmodSync(join(folder, "run.sh"), 0o755);
    const id = commit({ "new name.txt": "a\nb\nC\nd\ne\nf\ng", empty: "", bin: Buffer.from([0, 2]) });
    const told = parse(patchOf(`${before}..HEAD`));
    expect(told).toEqual([
      { commit: id, path: "bin", lines: {}, blob: git(folder, "rev-parse", "HEAD:bin") },
      { commit: id, path: "empty", lines: {} },
      { commit: id, path: "new name.txt", lines: { 3: "C", 7: "g" } },
      { commit: id, path: "run.sh", lines: {} },
    ]);
  });

  test("of a merge tells only what none of its parents has", () => {
    commit({ m: "1\n2\n3\n4\n5\n", mb: Buffer.from([0, 1]) });
    git(folder, "checkout", "-q", "-b", "side");
    commit({ m: "1\ntwo\n3\n4\n5\n" });
    git(folder, "checkout", "-q", "main");
    commit({ m: "1\n2\n3\n4\nfive\n" });
    git(folder, "merge", "-q", "--no-commit", "side");
    const id = commit({ m: "1\ntwo\nnew\n3\n4\nfive\nlast\n", mb: Buffer.from([0, 7]) });
    const told = parse(patchOf("-1", "HEAD"));
    expect(told).toEqual([
      { commit: id, path: "m", lines: { 3: "new", 7: "last" } },
      { commit: id, path: "mb", lines: {}, blob: git(folder, "rev-parse", "HEAD:mb") },
    ]);
  });

  test("tells the same wherever it is cut", { timeout: 60_000 }, () => {
    const patch = patchOf("HEAD");
    const whole = parse(patch);
    fc.assert(
      fc.property(fc.array(fc.nat(patch.length), { maxLength: 30 }), (cuts) => {
        expect(parse(patch, cuts)).toEqual(whole);
      }),
      { numRuns: 200 },
    );
    expect(
      parse(
        patch,
        Array.from(patch, (_, at) => at),
      ),
    ).toEqual(whole);
  });

  test("tells every line of every content, whatever it looks like", { timeout: 120_000 }, () => {
    const line = fc.oneof(
      fc.string({ maxLength: 12 }).map((text) => text.replaceAll(/[\n\0]/g, "")),
      fc.constantFrom(
        "--- a/x",
        "+++ b/x",
        "diff --git a/x b/x",
        "@@ -1 +1 @@",
        "@@@ -1 -1 +1 @@@",
        "f".repeat(40),
        "\\ No newline at end of file",
        "Binary files a and b differ",
        "index 1..2",
        "",
        "\r",
        "-",
        "+",
      ),
    );
    const content = fc.array(line, { maxLength: 8 });
    fc.assert(
      fc.property(content, content, (before, after) => {
        const first = commit({ any: `start\n${before.map((text) => `${text}\n`).join("")}` });
        const text = `start\n${after.map((text) => `${text}\n`).join("")}`;
        commit({ any: text });
        const [told] = parse(patchOf(`${first}..HEAD`));
        const lines = Buffer.from(text).toString("latin1").split("\n");
        for (const [number, added] of Object.entries(told?.lines ?? {})) expect(added).toBe(lines[Number(number) - 1]);
        // What was not told was there before.
        const old = new Set(["start", ...before]);
        lines.slice(0, -1).forEach((one, index) => {
          if (told?.lines[index + 1] === undefined) expect(old).toContain(Buffer.from(one, "latin1").toString("utf8"));
        });
      }),
      { numRuns: 40 },
    );
  });

  test.each([
    ["a line that belongs nowhere", "hello\n"],
    ["a patch that is cut", `${"a".repeat(40)}\ndiff --git a/x b/x\nindex 1..2\n--- a/x\n+++ b/x\n@@ -0,0 +1 @@\n+x`],
    ["a hunk without its place", `${"a".repeat(40)}\ndiff --git a/x b/x\n@@ nonsense @@\n`],
    ["a file without a path", `${"a".repeat(40)}\ndiff --git a/x b/y\nBinary files differ\n`],
    ["a path without an end", `${"a".repeat(40)}\ndiff --cc ${"x".repeat(2_000_000)}`],
  ])("is not believed with %s", (_what, text) => {
    expect(() => parse(Buffer.from(text))).toThrow(/git's patch|a path/);
  });
});
