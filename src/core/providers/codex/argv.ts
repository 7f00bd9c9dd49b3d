// The command line of Codex: for somebody who talks to it, for a task, and for going on with the last conversation.

import type { ProvisionSpec } from "#contracts/provider.ts";

/**
 * `<name>.config.toml` lies above `config.toml`, and what is chosen in Codex is written into it. So both hold: `config.toml` is
 * written anew at every start, and a model that was chosen stays chosen.
 */
export const PROFILE = "agent";

export function argvOf({ task, resume }: Pick<ProvisionSpec, "task" | "resume">): string[] {
  return [
    "codex",
    // The bottle is the sandbox.
    "--dangerously-bypass-approvals-and-sandbox",
    "--profile",
    PROFILE,
    ...(task === undefined ? conversation(resume) : taskArguments(task, resume)),
  ];
}

function conversation(resume: boolean): string[] {
  // A task that it was given before is part of the conversation.
  return resume ? ["resume", "--last", "--include-non-interactive"] : [];
}

function taskArguments(task: string, resume: boolean): string[] {
  return ["exec", ...(resume ? ["resume", "--last"] : []), "--json", "--skip-git-repo-check", "--", task];
}
