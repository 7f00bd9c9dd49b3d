// A real bottle of the docker backend, launched by the built command, whose agent clones and pushes with the real git client:
// the gate in the sidecars' container reaches a real sshd of this machine, with a key that the agent's container never has.

import { chmodSync, copyFileSync, mkdirSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { join } from "node:path";

import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { bottlePaths } from "#lib/paths.ts";
import { readAuditLog } from "#lib/store/audit-log.ts";
import { requireDocker } from "#tests/helpers/docker.ts";
import { git } from "#tests/helpers/git/client.ts";
import { requireSshd, startUpstream, type GitUpstream } from "#tests/helpers/git/upstream.ts";
import { openRoot, type OwnRoot } from "#tests/helpers/own-root.ts";

/** Of this machine, reached by containers through the gateway of any network with a way out. */
function ownAddress(): string | undefined {
  const all = networkInterfaces();
  const candidates = [...(all["docker0"] ?? []), ...Object.values(all).flatMap((addresses) => addresses ?? [])];
  return candidates.find(({ family, internal }) => family === "IPv4" && !internal)?.address;
}

const docker = await requireDocker();

describe("an agent in a docker bottle behind the git gate", docker, () => {
  describe("with a real upstream", { ...requireSshd(), timeout: 120_000 }, () => {
    let upstream: GitUpstream;
    let stranger: GitUpstream;
    let own: OwnRoot;
    let bare: string;
    let slug: string;

    beforeAll(async () => {
      const host = ownAddress();
      if (host === undefined) throw new Error("this machine has no address but the loopback");
      upstream = await startUpstream({ host });
      stranger = await startUpstream({ host });
      bare = upstream.add("app");
      own = await openRoot({ BOTTLE_BACKEND: "docker" });
      const seed = join(own.root, "seed");
      git(own.root, "init", "-q", "-b", "main", seed);
      git(seed, "commit", "-q", "--allow-empty", "-m", "first");
      git(seed, "push", "-q", bare, "main");
      mkdirSync(join(own.root, "keys"));
      const identity = join(own.root, "keys", "open-identity");
      copyFileSync(upstream.identity, identity);
      chmodSync(identity, 0o644); // ssh would not take it as it is
      await own.define(
        "worker",
        ["/bin/sh", "-c", 'echo "key: $BOTTLE_SERVICE_TOKEN" > ~/key; while :; do sleep 1; done'],
        `git-gate:
  user:
    name: An Agent
    email: agent@example.com
  repos:
    app:
      url: ${upstream.url("app")}
      identity: ${upstream.identity}
      host_key: ${upstream.hostKey}
    opened:
      url: ${upstream.url("app").replace(/\.git$/, "")}
      identity: ${identity}
      host_key: ${upstream.hostKey}
    wrong:
      url: ${upstream.url("wrong")}
      identity: ${upstream.identity}
      host_key: ${stranger.hostKey}
`,
      );
      ({ slug } = await own.json<{ slug: string }>("start", "worker", "--yes", "--detach"));
    }, 300_000);
    afterAll(async () => {
      await own.attempt("stop", slug, "--yes");
      await own.attempt("cleanup", "--yes", "--force");
      await own.close();
      await Promise.all([upstream.close(), stranger.close()]);
    }, 120_000);

    const inside = (script: string) => own.attempt("exec", slug, "--", "sh", "-c", `cd ~ && exec 2>&1; ${script}`);
    const beside = (script: string) =>
      execa("docker", ["exec", `bottle-dash-${slug}-sidecars`, "sh", "-c", `exec 2>&1; ${script}`], { reject: false });
    const refs = (): string => git(bare, "for-each-ref", "--format=%(refname)");

    test("clones and pushes by the upstream's own address, under the name that the definition gives", async () => {
      const cloned = await inside(`git clone ${upstream.url("app")} work`);
      expect(cloned).toMatchObject({ exitCode: 0 });
      const pushed = await inside(
        "cd work && echo new > new.txt && git add new.txt && git commit -q -m 'add new.txt' && git push origin HEAD",
      );
      expect(pushed.stdout).toContain("remote: git-gate: 1 new commit scanned by the secret rules");
      expect(pushed.exitCode).toBe(0);
      expect(git(bare, "log", "-1", "--format=%an <%ae> %s", "main")).toBe("An Agent <agent@example.com> add new.txt");
    });

    test("clones over git's own protocol too", async () => {
      const cloned = await inside(
        "git clone -q git://127.0.0.1:9418/app.git over-git && git -C over-git log --format=%s",
      );
      expect(cloned.stdout).toContain("first");
    });

    test("is told where a planted secret stands, which upstream does not get", async () => {
      const leaked = await inside(
        "git clone -q http://127.0.0.1:9420/app.git leak && cd leak && grep . ~/key > notes.txt && git add notes.txt && git commit -q -m notes && git push origin HEAD:refs/heads/leak",
      );
      expect(leaked.exitCode).toBe(1);
      expect(leaked.stdout).toContain("canary (the bottle's canary)");
      expect(leaked.stdout).toContain("in notes.txt, line 1");
      expect(refs()).toBe("refs/heads/main");
    });

    test("is refused where the host key is another one", async () => {
      const cloned = await inside("git clone http://127.0.0.1:9420/wrong.git");
      expect(cloned.exitCode).not.toBe(0);
      expect(cloned.stdout).toContain("did not prove to be the host that git-gate.repos.wrong.host_key names");
    });

    test("is served with a key file that others may read as well: the gate makes a copy that they may not", async () => {
      const listed = await inside("git ls-remote http://127.0.0.1:9420/opened.git");
      expect(listed.stdout).toContain("refs/heads/main");
      const copies = await beside(`stat -c %a ${bottlePaths(own.root, slug).gitGate.dir}/ssh/opened.identity`);
      expect(copies.stdout).toBe("600");
    });

    test("sees no key, no mirror and no host key, while the gate beside it has them read-only", async () => {
      const { gitGate } = bottlePaths(own.root, slug);
      for (const path of [upstream.identity, gitGate.dir, own.root]) {
        // oxlint-disable-next-line no-await-in-loop -- a handful
        expect(await inside(`test -e ${path}`)).toMatchObject({ exitCode: 1 });
      }
      const mounts = await inside("cat /proc/self/mountinfo; env");
      expect(mounts.stdout).not.toContain("identity");
      expect((await beside(`stat -c %a ${upstream.identity}`)).stdout).toBe("600");
      expect((await beside(`echo x >> ${upstream.identity}`)).stdout).toMatch(/[Rr]ead-only file system|cannot create/);
    });

    test("has a gate whose image holds all that it runs", async () => {
      const found = await beside("for tool in git ssh flock perl git-upload-pack; do command -v $tool; done");
      expect(found.stdout.split("\n")).toHaveLength(5);
      expect(found.exitCode).toBe(0);
    });

    test("leaves no secret where the engine shows it", async () => {
      const shown = await execa("docker", ["inspect", `bottle-dash-${slug}`, `bottle-dash-${slug}-sidecars`]);
      expect(shown.stdout).not.toMatch(/EGRESS_SECRET_|GIT_GATE_CONFIG|BEGIN OPENSSH/);
    });

    test("leaves both pushes in the audit log", async () => {
      const pushes = (await readAuditLog({ root: own.root, slug })).filter(({ action }) => action === "git-push");
      expect(pushes.map(({ detail }) => detail.split(":")[0])).toEqual([
        "accepted a push to app",
        "refused a push to app",
      ]);
    });
  });
});
