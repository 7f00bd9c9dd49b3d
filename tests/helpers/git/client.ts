// The real git client as an agent runs it: no configuration but what a test gives, and fixed names and dates.

import { execFileSync, spawn } from "node:child_process";

const BASE = {
  PATH: process.env["PATH"] ?? "/usr/bin:/bin",
  HOME: "/nonexistent",
  LANG: "C",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_TERMINAL_PROMPT: "0",
  GIT_AUTHOR_NAME: "A Tester",
  GIT_AUTHOR_EMAIL: "tester@example.com",
  GIT_COMMITTER_NAME: "A Tester",
  GIT_COMMITTER_EMAIL: "tester@example.com",
};

/** What it printed, trimmed; throws with its error when it fails. For arranging: it blocks. */
export function git(cwd: string, ...args: string[]): string {
  return execFileSync("git", args, { cwd, env: BASE, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim();
}

export interface GitResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs it without judging its end; whatever serves it may live in the same process. */
export function runGit(
  cwd: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<GitResult> {
  return new Promise((resolve, reject) => {
    const child = spawn("git", [...args], { cwd, env: { ...BASE, ...env }, stdio: ["ignore", "pipe", "pipe"] });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, stdout, stderr }));
  });
}

/** A repository with a work tree and these files committed. */
export function makeRepository(folder: string, write: () => void, message = "first"): void {
  git(".", "init", "-q", "-b", "main", folder);
  commitAll(folder, write, message);
}

/** The new commit's name. */
export function commitAll(folder: string, write: () => void, message: string): string {
  write();
  git(folder, "add", "-A");
  git(folder, "commit", "-q", "--allow-empty", "-m", message);
  return git(folder, "rev-parse", "HEAD");
}
