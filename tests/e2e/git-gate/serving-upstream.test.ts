// What an agent reads when the upstream cannot be reached or proved, each with its own words, and never an old answer.

import { chmodSync, copyFileSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import type { GateRepo } from "#domain/git-gate/gate.ts";
import { commitAll, git } from "#tests/helpers/git/client.ts";
import { openSetting, type GateSetting } from "#tests/helpers/git/setting.ts";
import { requireSshd } from "#tests/helpers/git/upstream.ts";

describe("with an upstream that", requireSshd(), () => {
  let at: GateSetting;
  beforeEach(async () => {
    at = await openSetting();
  });
  afterEach(() => at.close());

  const restartWith = (demo: Partial<GateRepo>): Promise<void> =>
    at.restart({ repos: [at.upstream.repo("demo", demo)] });

  it("is down, the gate serves nothing, whatever its mirror holds, and serves again once it is up", async () => {
    expect(await at.run(["clone", "-q", at.gate.http("demo"), "before"])).toMatchObject({ code: 0 });
    await at.upstream.stop();

    for (const version of ["0", "1", "2"]) {
      for (const url of [at.gate.http("demo"), at.gate.daemon("demo")]) {
        // oxlint-disable-next-line no-await-in-loop -- one after another
        const { code, stderr } = await at.run(["-c", `protocol.version=${version}`, "clone", "-q", url, "never"]);
        expect(code).toBe(128);
        expect(stderr).toContain("fatal: remote error: the upstream ssh://");
        expect(stderr).toContain(`127.0.0.1 refuses connections on port ${at.upstream.port}`);
      }
    }
    expect(existsSync(join(at.work, "never"))).toBe(false);

    await at.upstream.start();
    expect(await at.run(["pull", "-q"], "before")).toMatchObject({ code: 0 });
  });

  it("goes down before a push, the push is refused and the mirror stays as it was", async () => {
    await at.run(["clone", "-q", at.gate.http("demo"), "clone"]);
    const clone = join(at.work, "clone");
    const before = git(clone, "rev-parse", "HEAD");
    commitAll(clone, () => writeFileSync(join(clone, "more"), "1\n"), "more");
    await at.upstream.stop();

    const { code, stderr } = await at.run(["push", "origin", "main"], "clone");

    expect(code).not.toBe(0);
    expect(stderr).toContain("remote error: the upstream ssh://");
    expect(git(at.gate.paths.gitGate.mirror("demo"), "rev-parse", "main")).toBe(before);
  });

  it("never answers, the agent is told within the time for connecting", async () => {
    const silent = createServer((socket) => socket.on("error", () => socket.destroy()));
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const address = silent.address();
    await restartWith({ port: typeof address === "object" && address !== null ? address.port : 0 });

    const { stderr } = await at.run(["ls-remote", at.gate.http("demo")]);

    silent.close();
    expect(stderr).toMatch(/remote error: .* 127\.0\.0\.1 did not answer on port \d+ in time/);
  });

  it("has another host key is not trusted, and no key is offered to it", async () => {
    const other = readFileSync(`${at.upstream.strangerIdentity}.pub`, "utf8").split(" ").slice(0, 2).join(" ");
    await restartWith({ host_key: other });

    const { stderr } = await at.run(["ls-remote", at.gate.http("demo")]);

    expect(stderr).toContain("remote error:");
    expect(stderr).toContain("did not prove to be the host that git-gate.repos.demo.host_key names");
    expect(at.upstream.commands()).toEqual([]);
  });

  it("has no host key in the definition, the agent reads what to add and where", async () => {
    const { host_key: _, ...without } = at.upstream.repo("demo");
    await at.restart({ repos: [without] });
    const { stderr } = await at.run(["ls-remote", at.gate.http("demo")]);
    expect(stderr).toContain("remote error: git-gate.repos.demo.host_key: the host key of 127.0.0.1 is not stated");
    expect(stderr).toContain(`ssh-keyscan -p ${at.upstream.port} 127.0.0.1`);
  });

  it("has something else for a host key, nothing is tried", async () => {
    await restartWith({ host_key: "ssh-ed25519 AAAAnonsense" });
    const { stderr } = await at.run(["ls-remote", at.gate.http("demo")]);
    expect(stderr).toContain("git-gate.repos.demo.host_key: is no host key");
    expect(at.upstream.commands()).toEqual([]);
  });

  it("does not know the key, says so and which one", async () => {
    await restartWith({ identity: at.upstream.strangerIdentity });
    const { stderr } = await at.run(["ls-remote", at.gate.http("demo")]);
    expect(stderr).toContain("with the key of git-gate.repos.demo.identity; register its public key there");
  });

  it("is to be reached with a key that is missing, and then is there", async () => {
    const identity = join(at.work, "key");
    await restartWith({ identity });
    const { stderr } = await at.run(["ls-remote", at.gate.http("demo")]);
    expect(stderr).toContain(`git-gate.repos.demo.identity: ${identity} is missing`);

    copyFileSync(at.upstream.identity, identity);
    chmodSync(identity, 0o600);
    expect(await at.run(["ls-remote", at.gate.http("demo")])).toMatchObject({ code: 0 });
  });

  it("is to be reached with a key that everybody may read, is reached with a private copy, which goes with the gate", async () => {
    const identity = join(at.work, "key");
    copyFileSync(at.upstream.identity, identity);
    chmodSync(identity, 0o644);
    await restartWith({ identity });
    expect(await at.run(["ls-remote", at.gate.http("demo")])).toMatchObject({ code: 0 });
    const copy = join(at.gate.paths.gitGate.dir, "ssh/demo.identity");
    expect(statSync(copy).mode & 0o777).toBe(0o600);
    await at.gate.stop();
    expect(existsSync(copy)).toBe(false);
  });

  it.for([
    ["has a passphrase", (at: GateSetting) => at.upstream.lockedIdentity, "has a passphrase"],
    ["is the public half", (at: GateSetting) => `${at.upstream.identity}.pub`, "is a public key"],
    ["is no key", (at: GateSetting) => join(at.work, "seed/readme"), "is no private key"],
    ["is a folder", (at: GateSetting) => at.work, "is no key file"],
  ] as const)("is to be reached with a file that %s", async ([, identity, words]) => {
    await restartWith({ identity: identity(at) });
    const { code, stderr } = await at.run(["ls-remote", at.gate.http("demo")]);
    expect(code).toBe(128);
    expect(stderr).toContain(words);
    expect(stderr).not.toContain("PRIVATE KEY");
    expect(at.upstream.commands()).toEqual([]);
  });

  it("has no such repository, says so", async () => {
    rmSync(join(at.upstream.folder, "demo.git"), { recursive: true });
    const { stderr } = await at.run(["ls-remote", at.gate.http("demo")]);
    expect(stderr).toMatch(/127\.0\.0\.1 has no repository .*demo\.git, or does not show it to this key/);
  });

  it("has a name that nobody knows", async () => {
    await restartWith({ host: "upstream.invalid" });
    const { stderr } = await at.run(["ls-remote", at.gate.http("demo")]);
    expect(stderr).toContain("the host upstream.invalid is not known to the name server");
  });

  it("is named by a host name is proved by the key of that name", async () => {
    await restartWith({ host: "localhost" });
    expect(await at.run(["ls-remote", at.gate.http("demo")])).toMatchObject({ code: 0 });
  });

  it("is asked by many at once is asked a few times only, and a clone asks it once", async () => {
    await at.run(["clone", "-q", at.gate.http("demo"), "warm"]);
    const before = at.upstream.commands().length;
    const many = await Promise.all(Array.from({ length: 12 }, () => at.run(["ls-remote", at.gate.http("demo")])));
    expect(many.map(({ code }) => code)).toEqual(Array.from({ length: 12 }, () => 0));
    const asked = at.upstream.commands().length - before;
    expect(asked).toBeGreaterThan(0);
    expect(asked).toBeLessThan(12);

    await at.run(["clone", "-q", at.gate.http("demo"), "once"]);
    expect(at.upstream.commands().length - before - asked).toBe(1);
  });

  it("goes down in the middle of a first fetch leaves a mirror that serves when it is back", async () => {
    await at.upstream.stop();
    await at.upstream.start();
    const asking = at.run(["ls-remote", at.gate.http("demo")]);
    await expect.poll(() => at.upstream.commands().length).toBeGreaterThan(0);
    await at.upstream.stop();
    await asking; // either was quicker

    await at.upstream.start();
    expect(await at.run(["clone", "-q", at.gate.http("demo"), "after"])).toMatchObject({ code: 0 });
  });
});
