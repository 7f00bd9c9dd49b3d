// gitleaks beside our own rules: a stand-in of it (fixtures/gitleaks) over the real commits of a push.

import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { parseGitleaksReport } from "#sidecars/git-gate/scan/gitleaks.ts";
import { requireSshd, startUpstream, type GitUpstream } from "#tests/helpers/git/upstream.ts";

import { openPushing, secretOf, type Pushing } from "./pushing.ts";

const STAND_IN = fileURLToPath(new URL("../../../../fixtures/gitleaks", import.meta.url));
const PATH = process.env["PATH"] ?? "";

describe("gitleaks on the search path", { ...requireSshd(), timeout: 60_000 }, () => {
  let server: GitUpstream;
  let p: Pushing;
  beforeAll(async () => {
    server = await startUpstream();
    p = await openPushing(server);
    p.commit({ "README.md": "hello\n" });
  }, 60_000);
  afterAll(async () => {
    p.close();
    await server.close();
  });
  const pushWithGitleaks = (...refspecs: string[]) =>
    p.pushWith({ PATH: `${STAND_IN}${delimiter}${PATH}` }, ...refspecs);

  test("looks at the new commits alone, and is named", async () => {
    p.commit({ "old.txt": "STANDIN_old1234567890\n" });
    p.git("push", "-q", p.upstream, "main");
    p.commit({ "new.txt": "new\n" });
    const { code, stderr } = await pushWithGitleaks("main");
    expect(stderr).toContain("1 new commit scanned by the secret rules and gitleaks");
    expect(code).toBe(0);
  });

  test("finds what our rules do not, and its findings stand beside ours", async () => {
    const token = secretOf("github-pat");
    const head = p.commit({ "b.txt": `x\nkey STANDIN_abcdefghijkl # gitleaks:allow\nTOKEN=${token}\n` });
    const { code, stderr } = await pushWithGitleaks("main:work");
    expect(code).not.toBe(0);
    expect(stderr).toContain(`gitleaks:stand-in ST**** in b.txt, line 2, commit ${head.slice(0, 10)}`);
    expect(stderr).toContain("github-pat");
    expect(stderr).not.toContain("STANDIN_abc");
    expect((await p.audit()).at(-1)).toContain("gitleaks:stand-in 1");
  });

  test("that fails keeps the push back", async () => {
    const broken = join(p.root, "broken");
    mkdirSync(broken);
    writeFileSync(join(broken, "gitleaks"), "#!/bin/sh\nexit 3\n");
    chmodSync(join(broken, "gitleaks"), 0o755);
    const { code, stderr } = await p.pushWith({ PATH: `${broken}${delimiter}${PATH}` }, "HEAD~1:refs/heads/clean");
    expect(code).not.toBe(0);
    expect(stderr).toContain("it cannot be scanned: gitleaks failed (exit 3)");
    expect(p.upstreamRef("refs/heads/clean")).toBeUndefined();
  });
});

test.each(["", "{}", "[1]", '[{"RuleID":"x"}]', "not json"])(
  "a report that is none is not taken for an empty one: %s",
  (text) => {
    expect(() => parseGitleaksReport(text)).toThrow("gitleaks' report cannot be read");
  },
);

test("an empty report has no findings", () => {
  expect(parseGitleaksReport("[]")).toEqual([]);
});
