// A push through the built gate as a bottle's git does it: real client, real sshd, many at once, large, and killed in the middle.

import { randomBytes } from "node:crypto";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { treeOf } from "#lib/process-tree.ts";
import { readAuditLog } from "#lib/store/audit-log.ts";
import { git, type GitResult } from "#tests/helpers/git/client.ts";
import { openSetting, type GateSetting } from "#tests/helpers/git/setting.ts";
import { requireSshd } from "#tests/helpers/git/upstream.ts";
import { secretOf } from "#tests/sidecars/git-gate/push/pushing.ts";

const token = secretOf("github-pat");
/** Of any process of the gate; most are below 40, and Node itself takes 90. The largest file pushed has 120. */
const MOST_MEBIBYTES = 240;

describe("a push through the git gate", { ...requireSshd(), timeout: 300_000 }, () => {
  let at: GateSetting;
  let clone: string;
  let bare: string;
  beforeEach(async () => {
    at = await openSetting();
    bare = join(at.upstream.folder, "demo.git");
    await at.run(["clone", "-q", at.gate.http("demo"), "clone"]);
    clone = join(at.work, "clone");
  });
  afterEach(() => at.close());

  const commit = (path: string, content: string | Buffer): string => {
    mkdirSync(join(clone, path, ".."), { recursive: true });
    writeFileSync(join(clone, path), content);
    git(clone, "add", "-A");
    git(clone, "commit", "-q", "-m", `add ${path}`);
    return git(clone, "rev-parse", "HEAD");
  };
  const push = (...refspecs: string[]): Promise<GitResult> => at.run(["push", "origin", ...refspecs], "clone");
  const upstreamRef = (ref: string): string => git(bare, "for-each-ref", "--format=%(objectname)", ref);
  const mirrorRef = (ref: string): string =>
    git(at.gate.paths.gitGate.mirror("demo"), "for-each-ref", "--format=%(objectname)", ref);

  test("arrives upstream, and comes back in another clone", async () => {
    const head = commit("a.txt", "a\n");
    const { code, stderr } = await push("main");
    expect(stderr).toContain("remote: git-gate: 1 new commit scanned by the secret rules");
    expect(code).toBe(0);
    expect(upstreamRef("refs/heads/main")).toBe(head);
    await at.run(["clone", "-q", at.gate.http("demo"), "again"]);
    expect(git(join(at.work, "again"), "rev-parse", "HEAD")).toBe(head);
  });

  test("with a secret is refused with its place, over either protocol, and the audit log has it without", async () => {
    const before = upstreamRef("refs/heads/main");
    const head = commit("src/app.ts", `// app\nconst token = "${token}";\n`);
    for (const url of [at.gate.http("demo"), at.gate.daemon("demo")]) {
      // oxlint-disable-next-line no-await-in-loop -- one push after another
      const { code, stderr } = await at.run(["push", url, "main"], "clone");
      expect(code).not.toBe(0);
      expect(stderr).toContain(`in src/app.ts, line 2, commit ${head.slice(0, 10)}`);
      expect(stderr).not.toContain(token.slice(0, 5));
    }
    expect(upstreamRef("refs/heads/main")).toBe(before);
    const audit = await readAuditLog({ root: at.gate.root, slug: "demo-abcde" });
    expect(audit.map(({ action }) => action)).toEqual(["git-push", "git-push"]);
    expect(JSON.stringify(audit)).not.toContain(token.slice(0, 5));
    expect(at.gate.output()).not.toContain(token.slice(0, 5));
  });

  test("that ten do at once to branches of their own is done for all of them", async () => {
    const heads = Array.from({ length: 10 }, (_, index) => {
      git(clone, "checkout", "-q", "-b", `agent-${index}`, "main");
      return commit(`${index}.txt`, `${index}\n`);
    });
    const results = await Promise.all(heads.map((_, index) => push(`agent-${index}`)));
    expect(results.map(({ code }) => code)).toEqual(heads.map(() => 0));
    expect(heads.map((_, index) => upstreamRef(`refs/heads/agent-${index}`))).toEqual(heads);
    expect(heads.map((_, index) => mirrorRef(`refs/heads/agent-${index}`))).toEqual(heads);
  });

  test("that ten do at once to one branch is done for one, and the others are told", async () => {
    const heads = Array.from({ length: 10 }, (_, index) => {
      git(clone, "checkout", "-q", "-b", `agent-${index}`, "main");
      return commit(`${index}.txt`, `${index}\n`);
    });
    const results = await Promise.all(heads.map((_, index) => push(`agent-${index}:main`)));
    const won = results.findIndex(({ code }) => code === 0);
    expect(results.filter(({ code }) => code === 0)).toHaveLength(1);
    expect(upstreamRef("refs/heads/main")).toBe(heads[won]);
    expect(mirrorRef("refs/heads/main")).toBe(heads[won]);
    for (const { code, stderr } of results)
      if (code !== 0) expect(stderr).toMatch(/upstream has moved on|fetch first|stale/);
  });

  test("of a thousand commits is scanned whole, and one of them found", async () => {
    fastImport(clone, 1000, (index) => `line ${index}\n`);
    const { code, stderr } = await push("many");
    expect(stderr).toContain("1000 new commits scanned");
    expect(code).toBe(0);
    expect(upstreamRef("refs/heads/many")).toBe(git(clone, "rev-parse", "many"));

    fastImport(clone, 1000, (index) => (index === 500 ? `other ${token}\n` : `other ${index}\n`));
    const refused = await push("many:other");
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toContain(`in f.txt, line 1, commit ${git(clone, "rev-parse", "many~499").slice(0, 10)}`);
    expect(upstreamRef("refs/heads/other")).toBe("");
  });

  test("of 200 MB holds little of it in memory", async () => {
    git(clone, "config", "core.compression", "0");
    writeFileSync(join(clone, "large.bin"), randomBytes(120 * 2 ** 20));
    for (let index = 0; index < 40; index += 1)
      writeFileSync(join(clone, `part-${index}.bin`), randomBytes(2 * 2 ** 20));
    const head = commit("last.txt", "last\n");
    const peaks = new Map<string, number>();
    const sampling = setInterval(() => samplePeaks(at.gate.process.pid!, peaks), 50);
    const { code, stderr } = await push("main");
    clearInterval(sampling);
    expect(stderr).toContain("1 new commit scanned");
    expect(code).toBe(0);
    expect(upstreamRef("refs/heads/main")).toBe(head);
    expect(peaks.get("git-gate-hook.js")).toBeGreaterThan(0);
    expect(Object.fromEntries([...peaks].filter(([, mebibytes]) => mebibytes > MOST_MEBIBYTES))).toEqual({});
  });

  test("whose hook is killed on the way to upstream leaves both sides whole", async () => {
    const before = upstreamRef("refs/heads/main");
    const reached = join(at.work, "reached");
    const release = holdUpstream(reached);
    const head = commit("a.txt", "a\n");
    const pushed = push("main");
    await vi.waitFor(() => expect(existsSync(reached)).toBe(true), { timeout: 60_000 });
    process.kill(hookOf(at.gate.process.pid!), "SIGKILL");
    expect((await pushed).code).not.toBe(0);
    expect(mirrorRef("refs/heads/main")).toBe(before);
    release();
    await vi.waitFor(() => expect(upstreamRef("refs/heads/main")).toBe(head), { timeout: 60_000 }); // it was on its way
    await at.run(["fetch", "-q"], "clone");
    expect(mirrorRef("refs/heads/main")).toBe(head);
    commit("b.txt", "b\n");
    expect((await push("main")).code).toBe(0);
  });

  test("whose gate is killed on the way to upstream leaves both sides whole, and the next gate goes on", async () => {
    const reached = join(at.work, "reached");
    const release = holdUpstream(reached);
    const head = commit("a.txt", "a\n");
    const pushed = push("main");
    await vi.waitFor(() => expect(existsSync(reached)).toBe(true), { timeout: 60_000 });
    at.gate.process.kill("SIGKILL");
    expect((await pushed).code).not.toBe(0);
    release();
    await at.restart();
    git(clone, "remote", "set-url", "origin", at.gate.http("demo"));
    await at.run(["fetch", "-q"], "clone");
    await vi.waitFor(() => expect(upstreamRef("refs/heads/main")).toBe(head), { timeout: 60_000 });
    await at.run(["fetch", "-q"], "clone");
    expect(mirrorRef("refs/heads/main")).toBe(head);
    commit("b.txt", "b\n");
    expect((await push("main")).code).toBe(0);
  });

  /** Upstream says where it is, and goes on when told. */
  function holdUpstream(reached: string): () => void {
    const gate = join(at.work, "gate.fifo");
    execFileSync("mkfifo", [gate]);
    writeFileSync(
      join(bare, "hooks", "pre-receive"),
      `#!/bin/sh\ncat > /dev/null\ntest -e '${reached}' && exit 0\n: > '${reached}'\nread line < '${gate}'\nexit 0\n`,
      {
        mode: 0o755,
      },
    );
    return () => writeFileSync(gate, "go\n");
  }
});

/** A branch of its own history, quickly. */
function fastImport(folder: string, commits: number, content: (index: number) => string): void {
  const stream = Array.from({ length: commits }, (_, index) => {
    const text = content(index);
    const from = index === 0 ? "from main^0\n" : "";
    return `commit refs/heads/many\ncommitter T <t@example.com> ${1_700_000_000 + index} +0000\ndata 2\nc\n${from}M 644 inline f.txt\ndata ${Buffer.byteLength(text)}\n${text}\n`;
  });
  execFileSync("git", ["fast-import", "--quiet", "--force"], { cwd: folder, input: stream.join("") });
}

function samplePeaks(pid: number, peaks: Map<string, number>): void {
  for (const one of treeOf(pid)) {
    const command = readOr(`/proc/${one}/cmdline`).split("\0");
    const program = /([^/]+\.js)/.exec(command.join(" "))?.[1] ?? command.slice(0, 20).join(" ");
    const peak = Number(/^VmHWM:\s+(\d+)/m.exec(readOr(`/proc/${one}/status`))?.[1] ?? 0) / 1024;
    peaks.set(program, Math.max(peak, peaks.get(program) ?? 0));
  }
}

function hookOf(pid: number): number {
  const hook = treeOf(pid).find((one) => readOr(`/proc/${one}/cmdline`).split("\0")[1]?.endsWith("git-gate-hook.js"));
  if (hook === undefined) throw new Error("no hook runs");
  return hook;
}

function readOr(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
