// The hook in a real mirror, with the real git on both sides and a real sshd as upstream: what a push may do, and what it may not.

import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";

import { requireSshd, startUpstream, type GitUpstream } from "#tests/helpers/git/upstream.ts";

import { openPushing, secretOf, type Pushing } from "./pushing.ts";

describe("a push through the gate", { ...requireSshd(), timeout: 60_000 }, () => {
  let server: GitUpstream;
  let open: Pushing[] = [];
  beforeAll(async () => {
    server = await startUpstream();
  }, 60_000);
  afterAll(() => server.close());
  afterEach(() => {
    for (const one of open) one.close();
    open = [];
  });
  const pushing = async (more: Parameters<typeof openPushing>[1] = {}): Promise<Pushing> => {
    const one = await openPushing(server, more);
    open.push(one);
    return one;
  };
  const token = secretOf("github-pat");

  test("brings new commits upstream, and the mirror with them", async () => {
    const p = await pushing();
    const head = p.commit({ "README.md": "hello\n" });

    const { code, stderr } = await p.push("main");

    expect(stderr).toContain("git-gate: 1 new commit scanned by the secret rules");
    expect(code).toBe(0);
    expect(p.upstreamRef("refs/heads/main")).toBe(head);
    expect(p.mirrorRef("refs/heads/main")).toBe(head);
    expect(await p.audit()).toEqual([
      expect.stringMatching(/^git-push: accepted a push to app\d+: refs\/heads\/main made at /),
    ]);
  });

  test("is refused with the place of a secret, of which no more than four characters are shown", async () => {
    const p = await pushing();
    p.commit({ "README.md": "hello\n" });
    await p.push("main");
    const head = p.commit({ "src/config.ts": `// settings\nconst token = "${token}";\n` });

    const { code, stderr } = await p.push("main");

    expect(code).not.toBe(0);
    expect(stderr).toContain(`in src/config.ts, line 2, commit ${head.slice(0, 10)}`);
    expect(stderr).toContain(`${token.slice(0, 4)}****`);
    expect(stderr).not.toContain(token.slice(0, 5));
    expect(p.upstreamRef("refs/heads/main")).not.toBe(head);
    expect(p.mirrorRef("refs/heads/main")).not.toBe(head);
    const audit = await p.audit();
    expect(audit.at(-1)).toContain("refused a push");
    expect(audit.at(-1)).toContain("github-pat 1");
    expect(JSON.stringify(audit)).not.toContain(token.slice(0, 5));
  });
});
