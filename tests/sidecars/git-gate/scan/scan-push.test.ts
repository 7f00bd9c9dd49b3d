// When a push cannot be looked at whole: then it is refused, and nothing of it is taken for clean.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { createSecretScanner } from "#domain/secrets/create-scanner.ts";
import type { SecretScanner } from "#domain/secrets/scanner.ts";
import { scanPush, type PushScan } from "#sidecars/git-gate/scan/scan-push.ts";
import { git, makeRepository } from "#tests/helpers/git/client.ts";

describe("a push that cannot be looked at whole", () => {
  let folder: string;
  let head: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "scan-push-"));
    makeRepository(folder, () => writeFileSync(join(folder, "a.txt"), "text\n"));
    git(folder, "commit", "-q", "--allow-empty", "-m", "second");
    head = git(folder, "rev-parse", "HEAD");
    // Upstream has none of it.
    git(folder, "checkout", "-q", "--detach");
    git(folder, "branch", "-q", "-D", "main");
    git(folder, "symbolic-ref", "HEAD", "refs/heads/none");
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const scan = (more: Partial<PushScan>, id = head) =>
    scanPush([{ ref: "refs/heads/x", new: id }], {
      scanner: createSecretScanner({ own: [] }),
      env: { PATH: process.env["PATH"]!, GIT_DIR: join(folder, ".git") },
      signal: AbortSignal.timeout(60_000),
      mostCommits: 10,
      ...more,
    });

  test("is one that could: two commits without findings", async () => {
    expect(await scan({})).toEqual({ findings: [], isFull: false, commits: 2 });
  });

  test("because it takes too long", async () => {
    await expect(scan({ signal: AbortSignal.abort() })).rejects.toThrow("it took too long");
  });

  test("because it has too many commits", async () => {
    await expect(scan({ mostCommits: 1 })).rejects.toThrow("it has more than 1 new commits; push them in parts");
  });

  test("because the scanner gives up", async () => {
    const tired: SecretScanner = { longestMatch: 100, scan: () => ({ matches: [], exhausted: true }) };
    await expect(scan({ scanner: tired })).rejects.toThrow("too much in it looks like secrets to be looked at");
  });

  test("because an object is missing", async () => {
    await expect(scan({}, "1".repeat(40))).rejects.toThrow("git cannot read an object");
  });

  test("because git cannot be run", async () => {
    await expect(scan({ env: { PATH: "/nonexistent" } })).rejects.toThrow("git");
  });
});
