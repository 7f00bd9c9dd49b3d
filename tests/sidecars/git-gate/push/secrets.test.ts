// Where a secret may stand in a push, each with the real git: it is refused wherever it is, and says where.

import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { secretRules } from "#domain/secrets/create-scanner.ts";
import { git } from "#tests/helpers/git/client.ts";
import { requireSshd, startUpstream, type GitUpstream } from "#tests/helpers/git/upstream.ts";

import { exampleOf, openPushing, secretOf, type Pushing, withoutSsh } from "./pushing.ts";

const token = secretOf("github-pat");
const masked = `${token.slice(0, 4)}****`;
const key = secretOf("private-key");

describe("a secret in a push", { ...requireSshd(), timeout: 60_000 }, () => {
  let ssh: ReturnType<typeof withoutSsh>;
  let server: GitUpstream;
  let p: Pushing;
  let branch = "";
  let count = 0;
  beforeAll(async () => {
    ssh = withoutSsh();
    server = await startUpstream();
    p = await openPushing(server, { force_push: true });
    p.commit({ "README.md": "hello\n", "data.bin": Buffer.from([0, 1, 2, 3]), "long.txt": "line\n".repeat(200) });
    await p.push("main");
  }, 60_000);
  afterAll(async () => {
    p.close();
    await server.close();
    ssh.end();
  });
  beforeEach(() => {
    count += 1;
    branch = `case-${count}`;
    p.git("checkout", "-q", "-f", "-b", branch, "main");
  });

  /** What was said of it. */
  const refused = async (): Promise<string> => {
    const { code, stderr } = await p.push(branch);
    expect(stderr).toContain("refused; nothing was pushed");
    expect(stderr).not.toContain(token.slice(0, 5));
    expect(code).not.toBe(0);
    expect(p.upstreamRef(`refs/heads/${branch}`)).toBeUndefined();
    expect(p.mirrorRef(`refs/heads/${branch}`)).toBeUndefined();
    return stderr;
  };
  const write = (path: string, content: string | Buffer): void => writeFileSync(join(p.clone, path), content);
  const short = (commit: string): string => commit.slice(0, 10);

  test("is found in a commit that a later one takes back", async () => {
    const commit = p.commit({ "a.env": `# settings\nTOKEN=${token}\n` });
    p.commit({ "a.env": "# settings\n" });
    expect(await refused()).toContain(`${masked} in a.env, line 2, commit ${short(commit)}`);
  });

  test("is found where several commits put it together, line by line", async () => {
    const lines = `before\n${key}\nafter\n`.split("\n");
    const half = Math.floor(lines.length / 2);
    p.commit({ id: [...lines.slice(0, half), ...lines.slice(-2)].join("\n") });
    const commit = p.commit({ id: lines.join("\n") });
    expect(await refused()).toContain(`in id, line 2, commit ${short(commit)}`);
  });

  test("is found in the name of an empty folder, of a merge as well", async () => {
    const empty = git(p.clone, "hash-object", "-w", "-t", "tree", "/dev/null");
    const treeOf = (tree: string, name: string): string =>
      execFileSync("git", ["mktree"], {
        cwd: p.clone,
        input: `040000 tree ${tree}\t${name}\n`,
        encoding: "utf8",
      }).trim();
    const folder = treeOf(empty, token);
    const nested = treeOf(folder, "sub");
    const other = p.commit({ "other.txt": "other\n" });
    const merge = ["-p", "main", "-p", other];
    for (const [tree, parents] of [
      [folder, []],
      [nested, ["-p", "main"]],
      [nested, merge],
    ] as const) {
      const commit = git(p.clone, "commit-tree", tree, "-m", "x", ...parents);
      p.git("update-ref", `refs/heads/${branch}`, commit);
      // oxlint-disable-next-line no-await-in-loop -- one push after another
      expect(await refused()).toMatch(/in the path (?:sub\/)?\*+, commit/);
    }
    p.git("update-ref", `refs/heads/${branch}`, other);
  });

  test("is found over several lines", async () => {
    const commit = p.commit({ "keys/id": `before\n${key}\n` });
    const said = await refused();
    expect(said).toContain("private-key");
    expect(said).toContain(`in keys/id, line 2, commit ${short(commit)}`);
  });

  test("is found in a binary", async () => {
    p.commit({
      "data.bin": Buffer.concat([Buffer.alloc(70_000, 7), Buffer.from([0]), Buffer.from(token), Buffer.from([0])]),
    });
    expect(await refused()).toContain(`${masked} in data.bin`);
  });

  test("is found in a text of two bytes a letter", async () => {
    p.commit({
      "windows.txt": Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(`one\r\nkey ${token}\r\n`, "utf16le")]),
    });
    expect(await refused()).toContain(`${masked} in windows.txt, line 2`);
  });

  test("is found in a file that says of itself to be none to look at", async () => {
    mkdirSync(join(p.clone, "sub"), { recursive: true });
    write("sub/.gitattributes", "* -diff -text binary diff=hidden export-ignore\n");
    write(".gitattributes", "*.txt -diff\n*.env binary\n");
    write("sub/x.env", `TOKEN=${token}\n`);
    p.commit({});
    expect(await refused()).toContain(`${masked} in sub/x.env, line 1`);
  });

  test("is found in a renamed file, at its line", async () => {
    p.git("mv", "long.txt", "moved.txt");
    const lines = "line\n".repeat(200).split("\n");
    lines[100] = `token ${token}`;
    p.commit({ "moved.txt": lines.join("\n") });
    expect(await refused()).toContain(`${masked} in moved.txt, line 101`);
  });

  test("is found in what only the merge itself adds", async () => {
    p.git("checkout", "-q", "-b", `${branch}-side`);
    p.commit({ "side.txt": "side\n", "data.bin": Buffer.from([0, 9]) });
    p.git("checkout", "-q", branch);
    p.commit({ "other.txt": "other\n" });
    p.git("merge", "-q", "--no-commit", "--no-ff", `${branch}-side`);
    const merge = p.commit({ "README.md": `hello\nTOKEN=${token}\n` }, "merge");
    expect(await refused()).toContain(`${masked} in README.md, line 2, commit ${short(merge)}`);
  });

  test("is found in a binary that only the merge changes", async () => {
    p.git("checkout", "-q", "-b", `${branch}-side`);
    p.commit({ "side.txt": "side\n" });
    p.git("checkout", "-q", branch);
    p.commit({ "other.txt": "other\n" });
    p.git("merge", "-q", "--no-commit", "--no-ff", `${branch}-side`);
    const merge = p.commit({ "data.bin": Buffer.from(`\0${token}\0`) }, "merge");
    expect(await refused()).toContain(`${masked} in data.bin, line 1, commit ${short(merge)}`);
  });

  test("is found in a message, of a commit or of a tag", async () => {
    const commit = p.commit({}, `subject\n\nwith ${token}\n`);
    expect(await refused()).toContain(`${masked} in the message, line 3, commit ${short(commit)}`);
    p.git("tag", "-a", `v-${branch}`, "main", "-m", `release\n\n${token}`);
    const { code, stderr } = await p.push(`v-${branch}`);
    expect(code).not.toBe(0);
    expect(stderr).toContain(`${masked} in the tag refs/tags/v-${branch}, line 8`);
    expect(p.upstreamRef(`refs/tags/v-${branch}`)).toBeUndefined();
  });

  test("is found in the name of an author", async () => {
    p.git("-c", "user.name=x", "commit", "-q", "--allow-empty", "-m", "x", `--author=${token} <a@example.com>`);
    expect(await refused()).toContain(`${masked} in the author of the commit`);
  });

  test("is found in the name of a file, which is not shown", async () => {
    p.commit({ [`dir/${token}.txt`]: "nothing\n" });
    expect(await refused()).toContain(`${masked} in the path dir/`);
  });

  test("is found where a link points, and in the address of a submodule", async () => {
    symlinkSync(`/tmp/${token}`, join(p.clone, "link"));
    write(".gitmodules", `[submodule "a"]\n\tpath = a\n\turl = https://x:${token}@github.com/a/b\n`);
    p.commit({});
    const said = await refused();
    expect(said).toContain(`${masked} in link, line 1`);
    expect(said).toContain(`${masked} in .gitmodules, line 3`);
  });

  test("is found in the name of a branch", async () => {
    const { code, stderr } = await p.push(`main:refs/heads/x-${token}`);
    expect(code).not.toBe(0);
    expect(stderr).toContain("in the name refs/heads/x-");
  });

  test("is found in a note, and a note without one passes", async () => {
    p.git("notes", "--ref", branch, "add", "-m", `note ${token}`, "main");
    const refused = await p.push(`refs/notes/${branch}`);
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toContain(masked);
    p.git("update-ref", "-d", `refs/notes/${branch}`);
    p.git("notes", "--ref", branch, "add", "-m", "a plain note", "main");
    expect((await p.push(`refs/notes/${branch}`)).code).toBe(0);
    expect(p.upstreamRef(`refs/notes/${branch}`)).toBeDefined();
  });

  test("is found where paths are made to mislead", async () => {
    const paths = ["-x", "a\nb", 'q"uote\\d', "esc\u001b[31m.txt", "b b/c", "täg", "diff --git a/x b", "+++ b"];
    p.commit(Object.fromEntries(paths.map((path) => [path, `t ${token}\n`])));
    const stderr = await refused();
    expect(stderr).toContain(`${masked} in -x, line 1`);
    expect(stderr).toContain("8 secrets");
    expect(stderr).not.toContain("\u001b[31m");
  });

  test("is found behind lines that look like the frame of a patch", async () => {
    const lines = [
      "--- a/x",
      "+++ /dev/null",
      "diff --git a/x b/x",
      "@@ -1 +1 @@",
      "Binary files a and b differ",
      "f".repeat(40),
    ];
    p.commit({ "patch.txt": `${lines.join("\n")}\nt ${token}\n` });
    expect(await refused()).toContain(`${masked} in patch.txt, line 7`);
  });

  test("that is the bottle's own is found as it is, in base64 and in hex", async () => {
    const own = "Kq7-mP2x/Wd9+Rt4";
    for (const [index, text] of [
      own,
      Buffer.from(`user:${own}:x`).toString("base64"),
      Buffer.from(own).toString("hex"),
    ].entries())
      p.commit({ [`own-${index}.txt`]: `${text}\n` });
    const { code, stderr } = await p.pushWith(
      { EGRESS_SECRET_DB_PASSWORD: own, EGRESS_SECRET_CANARY: "canary-value-123456" },
      branch,
    );
    expect(code).not.toBe(0);
    for (const index of [0, 1, 2]) expect(stderr).toContain(`in own-${index}.txt, line 1`);
    expect(stderr).toContain("own:db_password");
    expect(stderr).not.toContain(own.slice(0, 5));
  });

  test("that upstream has already does not hold up a new branch over it", async () => {
    // Somebody else put it there, past the gate.
    p.git("checkout", "-q", "-B", "old", "main");
    const old = p.commit({ "old.env": `TOKEN=${token}\n` });
    p.git("push", "-q", p.upstream, "old");
    p.git("checkout", "-q", "-B", branch, old);
    const head = p.commit({ "new.txt": "new\n" });
    const { code, stderr } = await p.push(branch);
    expect(stderr).toContain("1 new commit scanned");
    expect(code).toBe(0);
    expect(p.upstreamRef(`refs/heads/${branch}`)).toBe(head);
  });

  test("that is only likely to be one is a warning, and passes", async () => {
    const rule = secretRules.find(({ severity }) => severity === "warn")!.id;
    const commit = p.commit({ "likely.txt": `${exampleOf(rule)}\n` });
    const { code, stderr } = await p.push(branch);
    expect(stderr).toContain(`warning: ${rule}`);
    expect(stderr).toContain(`in likely.txt, line 1, commit ${short(commit)}`);
    expect(code).toBe(0);
    expect(p.upstreamRef(`refs/heads/${branch}`)).toBe(commit);
  });

  test("shows twenty of very many, and says how many there are", async () => {
    p.commit(Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`many/${index}.txt`, `${token}\n`])));
    const stderr = await refused();
    expect(stderr).toContain("60 secrets");
    expect(stderr).toContain("and 40 more");
    expect(stderr.split("\n").filter((line) => line.includes(masked))).toHaveLength(20);
  });
});
