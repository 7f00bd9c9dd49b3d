// What a push may change upstream: branches, tags, deletions, rewritten histories, and refs that somebody else moves meanwhile.

import { afterEach, afterAll, beforeAll, describe, expect, test } from "vitest";

import { git } from "#tests/helpers/git/client.ts";
import { requireSshd, startUpstream, type GitUpstream } from "#tests/helpers/git/upstream.ts";

import { openPushing, type Pushing, withoutSsh } from "./pushing.ts";

describe("what a push may change", { ...requireSshd(), timeout: 60_000 }, () => {
  let ssh: ReturnType<typeof withoutSsh>;
  let server: GitUpstream;
  let p: Pushing;
  beforeAll(async () => {
    ssh = withoutSsh();
    server = await startUpstream();
  }, 60_000);
  afterAll(async () => {
    await server.close();
    ssh.end();
  });
  afterEach(() => p.close());

  /** `main` is somebody else's, pushed past the gate. */
  const begin = async (more: Parameters<typeof openPushing>[1] = {}): Promise<string> => {
    p = await openPushing(server, more);
    const head = p.commit({ "README.md": "hello\n" });
    p.git("push", "-q", p.upstream, "main");
    return head;
  };

  test("a branch and tags, made at once, are made upstream at once", async () => {
    await begin();
    const head = p.commit({ "a.txt": "a\n" });
    p.git("tag", "light");
    p.git("tag", "-a", "heavy", "-m", "a release");
    const { code, stderr } = await p.push("main:work", "light", "heavy");
    expect(stderr).toContain("1 new commit scanned");
    expect(code).toBe(0);
    expect(p.upstreamRef("refs/heads/work")).toBe(head);
    expect(p.upstreamRef("refs/tags/light")).toBe(head);
    expect(p.upstreamRef("refs/tags/heavy")).toBe(p.git("rev-parse", "heavy"));
  });

  test("a history that is not this bottle's is not rewritten, and the refusal says what would allow it", async () => {
    const before = await begin();
    p.git("commit", "-q", "--amend", "-m", "rewritten");
    const { code, stderr } = await p.push("+main");
    expect(code).not.toBe(0);
    expect(stderr).toContain("refs/heads/main: its history would be rewritten (not a fast-forward)");
    expect(stderr).toContain(`git-gate.repos.${p.repo.name}.force_push: true`);
    expect(p.upstreamRef("refs/heads/main")).toBe(before);
  });

  test("a history is rewritten where the definition allows it", async () => {
    await begin({ force_push: true });
    p.git("commit", "-q", "--amend", "-m", "rewritten");
    expect((await p.push("+main")).code).toBe(0);
    expect(p.upstreamRef("refs/heads/main")).toBe(p.git("rev-parse", "main"));
    expect((await p.audit()).at(-1)).toContain("refs/heads/main forced");
  });

  test("a branch of the bottle's own may be rewritten and deleted", async () => {
    await begin();
    p.commit({ "a.txt": "a\n" });
    expect((await p.push("main:mine")).code).toBe(0);
    p.git("commit", "-q", "--amend", "-m", "rewritten");
    expect((await p.push("+main:mine")).code).toBe(0);
    expect(p.upstreamRef("refs/heads/mine")).toBe(p.git("rev-parse", "main"));
    expect((await p.push(":mine")).code).toBe(0);
    expect(p.upstreamRef("refs/heads/mine")).toBeUndefined();
    expect(p.mirrorRef("refs/heads/mine")).toBeUndefined();
  });

  test("a branch of the bottle's own, with a commit of somebody else on it, may not", async () => {
    await begin();
    expect((await p.push("main:mine")).code).toBe(0);
    p.git("checkout", "-q", "-b", "theirs");
    const theirs = p.commit({ "theirs.txt": "theirs\n" });
    p.git("push", "-q", p.upstream, "theirs:mine");
    p.git("checkout", "-q", "main");
    p.git("commit", "-q", "--amend", "-m", "rewritten");
    expect((await p.push("+main:mine")).stderr).toContain("this bottle did not make it as it is");
    expect((await p.push(":mine")).stderr).toContain("it would be deleted");
    expect(p.upstreamRef("refs/heads/mine")).toBe(theirs);
  });

  test("a tag that is there is not moved, even forward", async () => {
    const before = await begin();
    p.git("push", "-q", p.upstream, "main:refs/tags/v1");
    p.commit({ "a.txt": "a\n" });
    p.git("tag", "v1");
    const { code, stderr } = await p.push("+v1");
    expect(code).not.toBe(0);
    expect(stderr).toContain("refs/tags/v1: a tag that is there already would be moved");
    expect(p.upstreamRef("refs/tags/v1")).toBe(before);
  });

  test("one of several that is not allowed keeps all of them back", async () => {
    await begin();
    p.git("checkout", "-q", "-b", "work");
    p.commit({ "a.txt": "a\n" });
    const { code, stderr } = await p.push("work", ":main");
    expect(code).not.toBe(0);
    expect(stderr).toContain("refs/heads/main: it would be deleted");
    expect(p.upstreamRef("refs/heads/work")).toBeUndefined();
  });

  test("refs that are neither branches nor tags nor notes are not pushed", async () => {
    await begin();
    for (const ref of ["refs/pull/1/head", "refs/replace/x", "refs/meta/config", "refs/stash"]) {
      // oxlint-disable-next-line no-await-in-loop -- one push after another
      const { code, stderr } = await p.push(`main:${ref}`);
      expect(code).not.toBe(0);
      expect(stderr).toContain(
        `${ref}: only branches (refs/heads), tags (refs/tags) and notes (refs/notes) may be pushed`,
      );
    }
  });

  test("a tag of a file or of a folder is not pushed: it is no history", async () => {
    await begin();
    p.git("tag", "file", "main:README.md");
    p.git("tag", "folder", "main^{tree}");
    expect((await p.push("file")).stderr).toContain("refs/tags/file names a blob");
    expect((await p.push("folder")).stderr).toContain("refs/tags/folder names a tree");
  });

  test("what upstream has got meanwhile is not overwritten, and the agent is told to fetch", async () => {
    await begin();
    p.git("checkout", "-q", "-b", "theirs");
    const theirs = p.commit({ "theirs.txt": "theirs\n" });
    p.git("push", "-q", p.upstream, "theirs");
    p.git("checkout", "-q", "main");
    p.commit({ "mine.txt": "mine\n" });
    // The refs were shown to the agent's git, and then upstream moves.
    p.beforeHook(`git --git-dir='${p.upstream}' update-ref refs/heads/main ${theirs}`);
    const { code, stderr } = await p.push("main");
    expect(code).not.toBe(0);
    expect(stderr).toContain("upstream has moved on; fetch, then rebase or merge, and push again");
    expect(p.upstreamRef("refs/heads/main")).toBe(theirs);
    expect(git(p.mirror, "rev-parse", "refs/heads/main")).toBe(theirs);
  });
});
