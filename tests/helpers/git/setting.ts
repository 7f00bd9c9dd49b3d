// What most tests of the gate begin with: an upstream with one small repository, a gate before it, and a folder to work in.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { GateRepo } from "#domain/git-gate/gate.ts";

import { commitAll, git, makeRepository, runGit, type GitResult } from "./client.ts";
import { startGate, type GateOptions, type RunningGate } from "./gate.ts";
import { startUpstream, type GitUpstream } from "./upstream.ts";

export interface GateSetting {
  readonly upstream: GitUpstream;
  readonly gate: RunningGate;
  readonly work: string;
  /** Runs git in the work folder, or in a folder of it. */
  run(args: readonly string[], folder?: string): Promise<GitResult>;
  /** A commit made upstream by somebody else; its name. */
  commitUpstream(file: string, text: string, branch?: string): string;
  /** Ends the present gate and starts another on the same root. */
  restart(options?: Partial<GateOptions>, signal?: NodeJS.Signals): Promise<void>;
  close(): Promise<void>;
}

export interface SettingOptions extends Partial<GateOptions> {
  /** What the definition says of the repository `demo`, beside what is true. */
  readonly demo?: Partial<GateRepo>;
}

export async function openSetting({ demo = {}, ...options }: SettingOptions = {}): Promise<GateSetting> {
  const upstream = await startUpstream();
  const work = mkdtempSync(join(tmpdir(), "git-work-"));
  const bare = upstream.add("demo");
  const seed = join(work, "seed");
  makeRepository(seed, () => writeFileSync(join(seed, "readme"), "hello\n"));
  git(seed, "push", "-q", bare, "main");
  const repos = options.repos ?? [upstream.repo("demo", demo)];
  let gate = await startGate({ ...options, repos });
  return {
    upstream,
    get gate() {
      return gate;
    },
    work,
    run: (args, folder = ".") => runGit(join(work, folder), args),
    commitUpstream(file, text, branch = "main") {
      git(seed, "checkout", "-q", "-B", branch);
      const commit = commitAll(seed, () => writeFileSync(join(seed, file), text), `add ${file}`);
      git(seed, "push", "-q", "--force", bare, branch);
      return commit;
    },
    async restart(more = {}, signal = "SIGTERM") {
      await gate.stop(signal);
      await gate.close(true);
      gate = await startGate({ ...options, repos, ...more, root: gate.root });
    },
    async close() {
      await gate.close();
      await upstream.close();
      rmSync(work, { recursive: true, force: true });
    },
  };
}
