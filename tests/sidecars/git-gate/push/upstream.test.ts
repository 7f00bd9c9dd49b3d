// A push when upstream says no, is not there, or goes away at the worst moment: the agent is told the truth, and nothing is
// half done.

import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { afterEach, afterAll, beforeAll, describe, expect, test } from "vitest";

import { requireSshd, startUpstream, type GitUpstream } from "#tests/helpers/git/upstream.ts";

import { openPushing, type Pushing } from "./pushing.ts";

describe("upstream", { ...requireSshd(), timeout: 60_000 }, () => {
  let server: GitUpstream;
  let p: Pushing;
  beforeAll(async () => {
    server = await startUpstream();
  }, 60_000);
  afterAll(() => server.close());
  afterEach(() => p.close());

  const begin = async (more: Parameters<typeof openPushing>[1] = {}): Promise<void> => {
    p = await openPushing(server, more);
    p.commit({ "README.md": "hello\n" });
    p.git("push", "-q", p.upstream, "main");
  };
  const hook = (name: string, script: string): void =>
    writeFileSync(join(p.upstream, "hooks", name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const expectNothingMoved = (before: string | undefined): void => {
    expect(p.upstreamRef("refs/heads/main")).toBe(before);
    expect(p.mirrorRef("refs/heads/main")).toBe(before);
  };

  test("may refuse by a hook of its own, whose words reach the agent without what a terminal obeys", async () => {
    await begin();
    const before = p.upstreamRef("refs/heads/main");
    hook("update", `printf 'policy \\033[31mX-17\\033[0m: no\\n' >&2; exit 1`);
    p.commit({ "a.txt": "a\n" });
    const { code, stderr } = await p.push("main");
    expect(code).not.toBe(0);
    expect(stderr).toContain("git-gate: upstream: policy X-17: no");
    expect(stderr).toContain("upstream refused it; nothing was pushed");
    expect(stderr).toContain("refs/heads/main: hook declined");
    expectNothingMoved(before);
    expect((await p.audit()).at(-1)).toContain("upstream refused");
  });

  test("refuses one of several: the others are kept back as well", async () => {
    await begin();
    hook("update", `case "$1" in refs/heads/locked) exit 1;; esac`);
    const { code } = await p.push("main:free", "main:locked");
    expect(code).not.toBe(0);
    expect(p.upstreamRef("refs/heads/free")).toBeUndefined();
    expect(p.mirrorRef("refs/heads/free")).toBeUndefined();
  });

  test("with another host key is not trusted", async () => {
    await begin();
    const other = `ssh-ed25519 ${Buffer.concat([Buffer.from([0, 0, 0, 11]), Buffer.from("ssh-ed25519"), Buffer.from([0, 0, 0, 32]), Buffer.alloc(32, 7)]).toString("base64")}`;
    p.reconfigure({ host_key: other });
    const { code, stderr } = await p.push("main:x");
    expect(code).not.toBe(0);
    expect(stderr).toContain(`git-gate.repos.${p.repo.name}.host_key`);
    expect(p.upstreamRef("refs/heads/x")).toBeUndefined();
  });

  test("is not asked without a host key, or without the identity's file", async () => {
    await begin();
    p.reconfigure({ host_key: undefined });
    expect((await p.push("main:x")).stderr).toContain(`git-gate.repos.${p.repo.name}.host_key`);
    p.reconfigure({ identity: join(p.root, "no-such-key") });
    const { code, stderr } = await p.push("main:x");
    expect(code).not.toBe(0);
    expect(stderr).toContain(`git-gate.repos.${p.repo.name}.identity`);
    expect(p.upstreamRef("refs/heads/x")).toBeUndefined();
  });

  test("that is down before the push keeps it back", async () => {
    await begin();
    await p.fetch();
    const before = p.upstreamRef("refs/heads/main");
    p.commit({ "a.txt": "a\n" });
    await server.stop();
    try {
      const { code, stderr } = await p.push("main");
      expect(code).not.toBe(0);
      expect(stderr).toContain("refused; nothing was pushed");
      expect(stderr).toContain("refuses connections");
    } finally {
      await server.start();
    }
    expectNothingMoved(before);
    expect((await p.push("main")).code).toBe(0);
  });

  test("that goes away before it has taken a push has nothing of it", async () => {
    await begin();
    const before = p.upstreamRef("refs/heads/main");
    hook("pre-receive", "kill -9 $PPID");
    p.commit({ "a.txt": "a\n" });
    const { code, stderr } = await p.push("main");
    expect(code).not.toBe(0);
    expect(stderr).toContain("it did not get through to upstream, which has nothing of it; try again");
    expectNothingMoved(before);
  });

  test("that goes away when it has taken a push is asked again, and the push is accepted", async () => {
    await begin();
    hook("reference-transaction", `test "$1" = committed && kill -9 $PPID; true`);
    const head = p.commit({ "a.txt": "a\n" });
    const { code, stderr } = await p.push("main");
    expect(stderr).toContain("upstream has it; the connection broke before it said so");
    expect(code).toBe(0);
    expectNothingMoved(head);
  });

  test("that cannot be asked any more leaves it open, and the next fetch mends the mirror", async () => {
    await begin();
    hook(
      "reference-transaction",
      `test "$1" = committed && { mv '${p.upstream}' '${p.upstream}.gone'; kill -9 $PPID; }; true`,
    );
    const head = p.commit({ "a.txt": "a\n" });
    const { code, stderr } = await p.push("main");
    expect(code).not.toBe(0);
    expect(stderr).toContain("whether it took the push is not known; fetch before you push again");
    renameSync(`${p.upstream}.gone`, p.upstream);
    await p.fetch();
    expectNothingMoved(head);
  });
});
