// The command line of Codex: for somebody who talks to it, for a task, and for going on with the last conversation.

import type { ProvisionSpec } from "#contracts/provider.ts";
import { BottleError } from "#domain/bottle-error.ts";

import { type TomlTable, tomlValue } from "./toml.ts";

/** The kernel takes no argument of 128 KiB. */
const LONGEST_ARGUMENT = 131_071;

/** Settings stand in the arguments and above its own file: what Codex wrote down there is kept, and cannot undo them. */
export function argvOf({ prompt, task, resume, where }: ProvisionSpec, settings: TomlTable): string[] {
  const instructions = prompt.trim() === "" ? {} : { developer_instructions: prompt };
  const argv = [
    "codex",
    // The bottle is the sandbox.
    "--dangerously-bypass-approvals-and-sandbox",
    ...overrides({ ...settings, ...instructions }),
    ...(task === undefined ? conversation(resume) : taskArguments(task, resume)),
  ];
  if (argv.some((argument) => Buffer.byteLength(argument) > LONGEST_ARGUMENT)) {
    throw new BottleError("invalid", "the agent's text or its task is longer than a command line takes", {
      where,
      hint: "keep each below 128 KiB, and put what is longer into a file of the workspace",
    });
  }
  return argv;
}

function conversation(resume: boolean): string[] {
  // A task that it was given before is part of the conversation.
  return resume ? ["resume", "--last", "--include-non-interactive"] : [];
}

function taskArguments(task: string, resume: boolean): string[] {
  return ["exec", ...(resume ? ["resume", "--last"] : []), "--json", "--skip-git-repo-check", "--", task];
}

/** One for each top-level key; Codex merges tables with those of its file. */
function overrides(settings: TomlTable): string[] {
  return Object.entries(settings).flatMap(([key, value]) => ["-c", `${key}=${tomlValue(value)}`]);
}
