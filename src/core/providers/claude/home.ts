// What Claude Code finds in its home folder: answers to all that it would ask a new user, and where supervise is.
//
// Two sorts of files. Its own (`.claude.json`, `.claude/settings.json`, conversations) belong to the agent, which writes them
// all the time: the first is seeded once and then kept, the others are never touched. Ours lie in a folder of their own, are
// named by flags, and are written anew at each start: nothing that an agent does to its own settings outlasts a resume in them.

import type { GuestFile } from "#contracts/backend.ts";
import type { ProvisionSpec } from "#contracts/provider.ts";

import { PLACEHOLDER } from "./credential.ts";

/** Our own files, below the home. */
export function ourFolder(home: string): string {
  return `${home}/.claude/bottle-dash`;
}

type Folders = Pick<ProvisionSpec, "home" | "workspace">;

/** Read by every claude in the bottle, whoever starts it. */
export function seededState({ home, workspace }: Folders): GuestFile {
  const trusted = { hasTrustDialogAccepted: true, hasCompletedProjectOnboarding: true };
  const state = {
    hasCompletedOnboarding: true,
    theme: "dark",
    // It keeps the last twenty characters of a key.
    customApiKeyResponses: { approved: [PLACEHOLDER.slice(-20)], rejected: [] },
    projects: { [home]: trusted, [workspace]: trusted },
  };
  return { path: `${home}/.claude.json`, content: text(state), mode: 0o600, keep: true };
}

export function mcpConfig(home: string, url: string): GuestFile {
  // Always offered: a tool that the model had to search for first would not be found when it is needed.
  const supervise = { type: "http", url, alwaysLoad: true };
  return { path: `${ourFolder(home)}/mcp.json`, content: text({ mcpServers: { supervise } }), mode: 0o600 };
}

export function promptFile(home: string, prompt: string): GuestFile {
  return { path: `${ourFolder(home)}/prompt.md`, content: `${prompt}\n`, mode: 0o600 };
}

export function text(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
