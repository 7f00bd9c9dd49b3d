// A real git client, the built gate, a real sshd: what a plain git server does, the gate does as well.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { git, makeRepository } from "#tests/helpers/git/client.ts";
import { openSetting, type GateSetting } from "#tests/helpers/git/setting.ts";
import { requireSshd } from "#tests/helpers/git/upstream.ts";

const succeeded = { code: 0 };

describe("the git gate serves", requireSshd(), () => {
  let at: GateSetting;
  beforeAll(async () => {
    at = await openSetting();
  });
  afterAll(() => at.close());

  const url = (scheme: "http" | "git"): string => (scheme === "http" ? at.gate.http("demo") : at.gate.daemon("demo"));
  const cases = (["http", "git"] as const).flatMap((scheme) => ["0", "1", "2"].map((version) => ({ scheme, version })));

  it.for(cases)(
    "a clone, and later what is new, by $scheme with protocol version $version",
    async ({ scheme, version }) => {
      const folder = `clone-${scheme}-${version}`;
      const options = ["-c", `protocol.version=${version}`];
      expect(await at.run([...options, "clone", url(scheme), folder])).toMatchObject(succeeded);

      const commit = at.commitUpstream(`${scheme}-${version}`, "new\n");
      expect(await at.run([...options, "pull", "-q", "--ff-only"], folder)).toMatchObject(succeeded);

      expect(git(join(at.work, folder), "rev-parse", "HEAD")).toBe(commit);
      expect(readFileSync(join(at.work, folder, `${scheme}-${version}`), "utf8")).toBe("new\n");
    },
  );

  it.for(["http", "git"] as const)("a shallow clone that is deepened, by %s", async (scheme) => {
    const folder = `shallow-${scheme}`;
    at.commitUpstream(`shallow-${scheme}`, "1\n");
    expect(await at.run(["clone", "-q", "--depth", "1", url(scheme), folder])).toMatchObject(succeeded);
    const clone = join(at.work, folder);
    expect(git(clone, "rev-list", "--count", "HEAD")).toBe("1");

    expect(await at.run(["fetch", "-q", "--unshallow"], folder)).toMatchObject(succeeded);

    expect(git(clone, "rev-list", "--count", "HEAD")).toBe(git(join(at.work, "seed"), "rev-list", "--count", "main"));
  });

  it("a clone without blobs, which are fetched when they are looked at", async () => {
    expect(
      await at.run(["clone", "-q", "--filter=blob:none", "--no-checkout", at.gate.http("demo"), "partial"]),
    ).toMatchObject(succeeded);
    expect(await at.run(["show", "HEAD:readme"], "partial")).toMatchObject({ ...succeeded, stdout: "hello\n" });
  });

  it("a submodule beside the repository that names it", async () => {
    const seed = join(at.work, "seed");
    const library = join(at.work, "library");
    makeRepository(library, () => writeFileSync(join(library, "lib"), "library\n"));
    git(library, "push", "-q", at.upstream.add("library"), "main");
    await at.restart({ repos: [at.upstream.repo("demo"), at.upstream.repo("library")] });
    git(seed, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", library, "library");
    git(seed, "config", "-f", ".gitmodules", "submodule.library.url", at.gate.http("library"));
    at.commitUpstream("with-submodule", "1\n");

    const cloned = await at.run(["clone", "-q", "--recurse-submodules", at.gate.http("demo"), "with-submodule"]);

    expect(cloned).toMatchObject(succeeded);
    expect(readFileSync(join(at.work, "with-submodule/library/lib"), "utf8")).toBe("library\n");
  });

  it("tags, plain and annotated, notes, and what upstream removed is gone", async () => {
    const seed = join(at.work, "seed");
    const bare = join(at.upstream.folder, "demo.git");
    git(seed, "tag", "plain");
    git(seed, "tag", "-a", "-m", "annotated", "annotated");
    git(seed, "notes", "add", "-m", "a note", "HEAD");
    git(seed, "push", "-q", bare, "plain", "annotated", "refs/notes/commits", "HEAD:refs/heads/gone");
    const before = await at.run(["ls-remote", at.gate.http("demo")]);
    expect(before.stdout.split("\n").map((line) => line.split("\t")[1])).toEqual(
      expect.arrayContaining([
        "HEAD",
        "refs/heads/gone",
        "refs/notes/commits",
        "refs/tags/annotated",
        "refs/tags/annotated^{}",
        "refs/tags/plain",
      ]),
    );

    git(seed, "push", "-q", bare, ":gone", ":plain");

    const after = await at.run(["ls-remote", at.gate.http("demo")]);
    expect(after).toMatchObject(succeeded);
    expect(after.stdout).not.toContain("refs/heads/gone");
    expect(after.stdout).not.toContain("refs/tags/plain");
  });

  it("the branch that upstream's HEAD names, also when it changes", async () => {
    at.commitUpstream("trunk", "1\n", "trunk");
    git(join(at.upstream.folder, "demo.git"), "symbolic-ref", "HEAD", "refs/heads/trunk");
    expect(await at.run(["clone", "-q", at.gate.http("demo"), "trunk"])).toMatchObject(succeeded);
    expect(git(join(at.work, "trunk"), "branch", "--show-current")).toBe("trunk");
  });

  it("a branch that upstream has rewritten, and one whose name became a folder", async () => {
    const bare = join(at.upstream.folder, "demo.git");
    const seed = join(at.work, "seed");
    git(seed, "push", "-q", bare, "HEAD:refs/heads/topic");
    await at.run(["ls-remote", at.gate.http("demo")]);
    git(seed, "commit", "-q", "--amend", "-m", "rewritten");
    git(seed, "push", "-q", "--force", bare, "HEAD:refs/heads/trunk");
    git(seed, "push", "-q", bare, ":topic");
    git(seed, "push", "-q", bare, "HEAD:refs/heads/topic/one");

    const { stdout } = await at.run(["ls-remote", "--heads", at.gate.http("demo")]);

    const head = git(seed, "rev-parse", "HEAD");
    expect(stdout).toContain(`${head}\trefs/heads/trunk`);
    expect(stdout).toContain(`${head}\trefs/heads/topic/one`);
    expect(stdout).not.toContain("refs/heads/topic\n");
  });

  it("an upstream with nothing in it, and the first push into that", async () => {
    at.upstream.add("empty");
    await at.restart({ repos: [at.upstream.repo("empty")] });
    expect(await at.run(["clone", "-q", at.gate.http("empty"), "empty"])).toMatchObject(succeeded);
    const clone = join(at.work, "empty");
    writeFileSync(join(clone, "first"), "1\n");
    git(clone, "add", "first");
    git(clone, "commit", "-q", "-m", "first");
    expect(await at.run(["push", "-q", "origin", "HEAD:refs/heads/main"], "empty")).toMatchObject(succeeded);
    expect(git(join(at.upstream.folder, "empty.git"), "rev-parse", "main")).toBe(git(clone, "rev-parse", "HEAD"));
  });
});
