// A real bottle of the local backend, launched by the built command, whose agent clones and pushes as it would anywhere: by
// the upstream's own ssh address, with no key in reach.

import { readFileSync } from "node:fs";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";

import { bottlePaths } from "#lib/paths.ts";
import { readAuditLog } from "#lib/store/audit-log.ts";
import { git } from "#tests/helpers/git/client.ts";
import { requireSshd, startUpstream, type GitUpstream } from "#tests/helpers/git/upstream.ts";
import { openRoot, type OwnRoot } from "#tests/helpers/own-root.ts";

/** Each command's exit and words go to a file of its own in the home. */
const PROGRAM = `
cd ~
try() { name=$1; shift; "$@" > "$name.tmp" 2>&1; echo "exit $?" >> "$name.tmp"; mv "$name.tmp" "$name.txt"; }
try clone git clone "$URL" work
cd work
echo new > new.txt && git add new.txt && git commit -q -m "add new.txt"
try ../push git push origin HEAD
git checkout -q -b leak
echo "key: $BOTTLE_SERVICE_TOKEN" > notes.txt && git add notes.txt && git commit -q -m "notes"
try ../leak git push origin leak
try ../past git -c url.x.insteadOf=nothing push "$OTHER" HEAD:refs/heads/past
try ../done true
trap 'exit 0' HUP TERM
while :; do sleep 1; done`;

describe("an agent in a bottle behind the git gate", { ...requireSshd(), timeout: 180_000 }, () => {
  let upstream: GitUpstream;
  let own: OwnRoot;
  let bare: string;
  let slug: string;
  beforeAll(async () => {
    upstream = await startUpstream();
    bare = upstream.add("app");
    own = await openRoot();
    const seed = join(own.root, "seed");
    git(own.root, "init", "-q", "-b", "main", seed);
    git(seed, "commit", "-q", "--allow-empty", "-m", "first");
    git(seed, "push", "-q", bare, "main");
    const program = PROGRAM.replace('"$URL"', `'${upstream.url("app")}'`).replace(
      '"$OTHER"',
      `'${upstream.url("other")}'`,
    );
    await own.define(
      "worker",
      ["/bin/sh", "-c", program],
      `git-gate:
  user:
    name: An Agent
    email: agent@example.com
  repos:
    app:
      url: ${upstream.url("app")}
      identity: ${upstream.identity}
      host_key: ${upstream.hostKey}
`,
    );
    ({ slug } = await own.json<{ slug: string }>("start", "worker", "--yes"));
    await vi.waitUntil(() => said("done").includes("exit 0"), { timeout: 120_000, interval: 200 });
  }, 180_000);
  afterAll(async () => {
    await own.close();
    await upstream.close();
  });

  const said = (name: string): string => {
    try {
      return readFileSync(join(bottlePaths(own.root, slug).agent.home, `${name}.txt`), "utf8");
    } catch {
      return "";
    }
  };

  test("clones and pushes by the upstream's own address, under the name that the definition gives", () => {
    expect(said("clone")).toContain("exit 0");
    expect(said("push")).toContain("remote: git-gate: 1 new commit scanned");
    expect(said("push")).toContain("exit 0");
    expect(git(bare, "log", "-1", "--format=%an <%ae> %s", "main")).toBe("An Agent <agent@example.com> add new.txt");
  });

  test("cannot push what must not leave the bottle", () => {
    expect(said("leak")).toContain("canary (the bottle's canary)");
    expect(said("leak")).toContain("in notes.txt, line 1");
    expect(said("leak")).toContain("exit 1");
    expect(git(bare, "for-each-ref", "--format=%(refname)")).toBe("refs/heads/main");
  });

  test("reaches no other repository, for it has no key and no way", () => {
    expect(said("past")).not.toContain("exit 0");
  });

  test("leaves both pushes in the audit log", async () => {
    const pushes = (await readAuditLog({ root: own.root, slug })).filter(({ action }) => action === "git-push");
    expect(pushes.map(({ detail }) => detail.split(":")[0])).toEqual([
      "accepted a push to app",
      "refused a push to app",
    ]);
  });
});
