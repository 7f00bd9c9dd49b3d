// Handing a push on: an upstream that takes the connection and says nothing is given up.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, expect, test } from "vitest";

import { gitEnvironment } from "#sidecars/git-gate/git/environment.ts";
import { forwardPush } from "#sidecars/git-gate/push/forward.ts";
import { commitAll, git } from "#tests/helpers/git/client.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "git-forward-"));
  git(folder, "init", "-q", "-b", "main");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("an upstream that never answers is given up, and nobody says that it has the push", async () => {
  const id = commitAll(folder, () => {}, "first");
  const env = { ...gitEnvironment({ home: folder }), GIT_DIR: join(folder, ".git") };
  const silent = { GIT_SSH_COMMAND: "cat > /dev/null; :", GIT_SSH_VARIANT: "simple" };
  const upstream = {
    connection: () => Promise.resolve({ url: "ssh://nobody/x.git", env: { ...env, ...silent } }),
    fetch: () => Promise.resolve(undefined),
  };
  const changes = [{ ref: "refs/heads/main", kind: "create", old: undefined, new: id }] as const;
  const { signal } = new AbortController();
  expect(await forwardPush(changes, upstream, { quarantined: env, signal, mostForwardMs: 300 })).toEqual({
    is: "failed",
    upstream: "unknown",
    said: ["it took too long, and was given up"],
  });
});
