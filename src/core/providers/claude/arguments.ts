// The command that starts Claude Code: a new conversation, one that goes on, or a task without a screen.

import type { GuestFile } from "#contracts/backend.ts";
import type { ProvisionSpec } from "#contracts/provider.ts";
import type { TaskOutput } from "#domain/provider/task-output.ts";

import { ourFolder } from "./home.ts";

export interface Files {
  readonly settings: GuestFile;
  readonly mcp: GuestFile | undefined;
  readonly prompt: GuestFile | undefined;
}

type Spec = Pick<ProvisionSpec, "home" | "task" | "resume">;

export function claudeArgv({ home, task, resume }: Spec, { settings, mcp, prompt }: Files): string[] {
  const flags = [
    "--dangerously-skip-permissions",
    "--settings",
    settings.path,
    ...(prompt === undefined ? [] : ["--append-system-prompt-file", prompt.path]),
    ...(mcp === undefined ? [] : ["--mcp-config", mcp.path]),
  ];
  const start = resume ? ["sh", resumePath(home)] : ["claude"];
  if (task === undefined) return [...start, ...flags];
  // `--mcp-config` takes all that follows up to the next flag, and a task may begin with a dash.
  return [...start, ...flags, "--print", "--output-format", "stream-json", "--verbose", "--", task];
}

function resumePath(home: string): string {
  return `${ourFolder(home)}/resume.sh`;
}

/**
 * `--continue` passes over what was said without a screen (`--print`), and ends at once where there is nothing: so the newest
 * conversation that got an answer is named, if there is one.
 */
export function resumeScript({ home, cwd }: Pick<ProvisionSpec, "home" | "cwd">): GuestFile {
  const conversations = `${home}/.claude/projects/${cwd.replaceAll(/[^A-Za-z0-9]/g, "-")}`;
  const content = `# Goes on with the last conversation in this folder, where there is one.
for file in $(ls -t '${conversations}'/*.jsonl 2>/dev/null); do
  if grep -qs '"type":"assistant"' "$file"; then set -- --resume "$(basename "$file" .jsonl)" "$@"; break; fi
done
exec claude "$@"
`;
  return { path: resumePath(home), content, mode: 0o644 };
}

/** One block of a message a line; its last line repeats the last message. */
export const taskOutput: TaskOutput = {
  format: "jsonl",
  rules: [
    { when: { type: "assistant" }, take: "message.content.*.text", as: "message" },
    {
      when: { type: "assistant", "message.content.*.type": "tool_use" },
      take: "message.content.*.input.command",
      as: "note",
    },
    { when: { type: "result", is_error: false }, take: "result", as: "message" },
    { when: { type: "result", is_error: true }, take: "result", as: "error" },
    { when: { type: "result", is_error: true }, take: "errors.*", as: "error" },
  ],
};
