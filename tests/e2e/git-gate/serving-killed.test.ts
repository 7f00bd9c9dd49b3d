// The gate killed at its work: the next one serves, nothing is half-updated, and no process is left for ever.

import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { treeOf } from "#lib/process-tree.ts";
import { commitAll, git } from "#tests/helpers/git/client.ts";
import { sendRaw } from "#tests/helpers/git/raw.ts";
import { openSetting, type GateSetting } from "#tests/helpers/git/setting.ts";
import { requireSshd } from "#tests/helpers/git/upstream.ts";

describe("the git gate", requireSshd(), () => {
  let at: GateSetting;
  beforeEach(async () => {
    at = await openSetting();
    await at.run(["clone", "-q", at.gate.http("demo"), "clone"]);
  });
  afterEach(() => at.close());

  const heads = (repository: string): string => git(repository, "for-each-ref", "--format=%(objectname) %(refname)");
  const upstreamPath = (): string => join(at.upstream.folder, "demo.git");

  /** Upstream takes the push in hand, and waits for `go`. */
  function holdUpstream(): { begun: string; go: string } {
    const [begun, go] = [join(at.work, "begun"), join(at.work, "go")];
    const script = `#!/bin/sh\n: > '${begun}'\nwhile [ -e '${begun}' ] && [ ! -e '${go}' ]; do sleep 0.05; done\n`;
    writeFileSync(join(upstreamPath(), "hooks/pre-receive"), script, { mode: 0o755 });
    return { begun, go };
  }

  function commit(): string {
    const clone = join(at.work, "clone");
    return commitAll(clone, () => writeFileSync(join(clone, "more"), `${Math.random()}\n`), "more");
  }

  it("killed while upstream takes a push, leaves both with the same refs, and pushes go on", async () => {
    const { begun, go } = holdUpstream();
    commit();
    const pushing = at.run(["push", "origin", "main"], "clone");
    await expect.poll(() => existsSync(begun), { timeout: 20_000 }).toBe(true);
    const processes = treeOf(at.gate.process.pid!);
    await at.gate.stop("SIGKILL");
    const restarted = at.restart();
    writeFileSync(go, "");
    await restarted;
    expect((await pushing).code).not.toBe(0);

    expect(await at.run(["fetch", "-q", at.gate.http("demo")], "clone")).toMatchObject({ code: 0 });
    expect(heads(at.gate.paths.gitGate.mirror("demo"))).toBe(heads(upstreamPath()));
    expect(await at.run(["push", "-q", at.gate.http("demo"), "main:again"], "clone")).toMatchObject({ code: 0 });
    await expect.poll(() => processes.filter((pid) => existsSync(`/proc/${pid}`)), { timeout: 20_000 }).toEqual([]);
  });

  it("asked to end while upstream takes a push, ends soon, with all that it started", async () => {
    const { begun } = holdUpstream();
    commit();
    const pushing = at.run(["push", "origin", "main"], "clone");
    await expect.poll(() => existsSync(begun), { timeout: 20_000 }).toBe(true);
    const processes = treeOf(at.gate.process.pid!);

    expect(await at.gate.stop("SIGTERM")).toBe(0);

    expect((await pushing).code).not.toBe(0);
    await expect.poll(() => processes.filter((pid) => existsSync(`/proc/${pid}`)), { timeout: 20_000 }).toEqual([]);
  });

  it("killed while it is read from, leaves no reader behind", async () => {
    const line = "git-upload-pack /demo.git\0host=x\0";
    const reading = sendRaw(at.gate.daemonPort, (line.length + 4).toString(16).padStart(4, "0") + line, {
      keepOpen: true,
    });
    await expect.poll(() => treeOf(at.gate.process.pid!).length, { timeout: 20_000 }).toBeGreaterThan(1);
    const processes = treeOf(at.gate.process.pid!);
    await at.gate.stop("SIGKILL");
    await reading;
    await expect.poll(() => processes.filter((pid) => existsSync(`/proc/${pid}`)), { timeout: 20_000 }).toEqual([]);
  });

  it("ends with its lifeline", async () => {
    at.gate.process.stdin!.end();
    await expect.poll(() => at.gate.process.exitCode, { timeout: 10_000 }).toBe(0);
  });

  it("brings a push to its end whose client leaves after its pack has come", async () => {
    const { begun, go } = holdUpstream();
    const pushed = commit();
    const pushing = at.run(["-c", "alias.held=!timeout -s KILL 5 git push origin main", "held"], "clone");
    await expect.poll(() => existsSync(begun), { timeout: 20_000 }).toBe(true);
    await pushing;
    writeFileSync(go, "");
    await expect.poll(() => git(upstreamPath(), "rev-parse", "main"), { timeout: 20_000 }).toBe(pushed);
    await expect
      .poll(() => git(at.gate.paths.gitGate.mirror("demo"), "rev-parse", "main"), { timeout: 20_000 })
      .toBe(pushed);
  });
});
