// The settings that a bottle gives Claude Code, above the agent's own: no questions about permissions, no talk home, and hooks
// that tell supervise how the agent stands.
//
// Its hooks call supervise by themselves (type "http"): no process is started for them, one comes after the other, and each
// costs the agent a millisecond or two. What no hook tells, such as a turn that somebody stopped with Esc, Claude Code writes
// into its session's own file: a hook on that file's changes reads it (inside/session-state.ts).

import type { GuestFile } from "#contracts/backend.ts";
import type { ProvisionSpec } from "#contracts/provider.ts";
import { INSIDE } from "#domain/boot/protocol.ts";
import { readProviderFile } from "#lib/provider-files.ts";

import { ourFolder, text } from "./home.ts";

type Said = "busy" | "idle" | "waiting";

interface Report {
  readonly event: string;
  /** Only for these tools: a name, or a regular expression. */
  readonly tools?: string;
  readonly state: Said;
  /** What it waits for, or does: words, then what stands at this path of what the hook sends. */
  readonly words?: string;
  readonly detail?: string;
}

const QUESTION = "AskUserQuestion";

const REPORTS: readonly Report[] = [
  { event: "UserPromptSubmit", state: "busy" },
  { event: "PreToolUse", state: "busy", detail: "tool_name" },
  { event: "PostToolUse", state: "busy", detail: "tool_name" },
  { event: "PostToolUseFailure", state: "busy", detail: "tool_name" },
  { event: "PreCompact", state: "busy" },
  // All permissions are given: what comes here are questions of its own, or the operator changed its mode.
  { event: "PermissionRequest", tools: QUESTION, state: "waiting", detail: "tool_input.questions.0.question" },
  {
    event: "PermissionRequest",
    tools: `^(?!${QUESTION}$)`,
    state: "waiting",
    words: "asks to use",
    detail: "tool_name",
  },
  { event: "Elicitation", state: "waiting", detail: "message" },
  { event: "ElicitationResult", state: "busy" },
  { event: "Stop", state: "idle" },
  { event: "StopFailure", state: "idle", detail: "error" },
];

/** Seconds, for a supervise that does not answer: the agent goes on. */
const PATIENCE = 2;

export async function stateProgram(home: string): Promise<GuestFile> {
  return { path: statePath(home), content: await readProviderFile("claude", "session-state.js"), mode: 0o644 };
}

/** It is a module, and no package.json beside it says so. */
function statePath(home: string): string {
  return `${ourFolder(home)}/session-state.mjs`;
}

export function settingsFile({ home, supervise, task }: Pick<ProvisionSpec, "home" | "supervise" | "task">): GuestFile {
  const hooks =
    supervise === undefined
      ? {}
      : { ...reporting(supervise.state), ...(task === undefined ? watching(home, supervise.state) : {}) };
  const settings = {
    skipDangerousModePermissionPrompt: true,
    // Asks api.anthropic.com about each host before it is fetched: here the egress proxy decides that.
    skipWebFetchPreflight: true,
    hooks,
  };
  return { path: `${ourFolder(home)}/settings.json`, content: text(settings), mode: 0o600 };
}

function reporting(stateUrl: string): Record<string, unknown[]> {
  const hooks: Record<string, unknown[]> = {};
  for (const { tools, ...said } of REPORTS) {
    const url = `${stateUrl}?${new URLSearchParams({ ...said }).toString()}`;
    const matcher = tools === undefined ? {} : { matcher: tools };
    (hooks[said.event] ??= []).push({ ...matcher, hooks: [{ type: "http", url, timeout: PATIENCE }] });
  }
  return hooks;
}

/** Nobody stops a task's turn with Esc: there it is not needed. */
function watching(home: string, stateUrl: string): Record<string, unknown> {
  const program = {
    type: "command",
    command: `${INSIDE.programs}/node`,
    args: [statePath(home), stateUrl],
    timeout: 10,
  };
  const call = [{ hooks: [program] }];
  return { SessionStart: call, CwdChanged: call, FileChanged: call };
}
