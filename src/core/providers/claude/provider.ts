// Claude Code: https://code.claude.com. Its credential stays with the egress proxy, its state comes by hooks, its questions to
// the operator go by MCP.

import type { GuestFile } from "#contracts/backend.ts";
import type { Provider, ProvisionSpec } from "#contracts/provider.ts";
import { skillFiles } from "#core/skills/guest-files.ts";
import { parseScreenRules } from "#domain/provider/screen-rules.ts";
import { readProviderFile } from "#lib/provider-files.ts";

import { claudeArgv, resumeScript, taskOutput } from "./arguments.ts";
import { claudeCredential } from "./credential.ts";
import { mcpConfig, promptFile, seededState } from "./home.ts";
import { settingsFile, stateProgram } from "./settings.ts";

/** Nothing but the model is called: no statistics, no reports, no updates, no list of plugins. */
const QUIET = {
  CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
  CLAUDE_CODE_DISABLE_OFFICIAL_MARKETPLACE_AUTOINSTALL: "1",
  CLAUDE_CODE_DISABLE_FEEDBACK_SURVEY: "1",
  DISABLE_AUTOUPDATER: "1",
  DISABLE_ERROR_REPORTING: "1",
  DISABLE_TELEMETRY: "1",
} as const;

const PROGRAM = { name: "claude", install: "npm install --global @anthropic-ai/claude-code" };

export const claude: Provider = {
  name: "claude",
  image: { kind: "ours", name: "claude" },
  program: PROGRAM,
  async provision(spec) {
    const credential = claudeCredential(spec);
    const settings = settingsFile(spec);
    const mcp = spec.supervise === undefined ? undefined : mcpConfig(spec.home, spec.supervise.mcp);
    const prompt = spec.prompt.trim() === "" ? undefined : promptFile(spec.home, spec.prompt);
    const reportsState = spec.supervise !== undefined;
    return {
      program: PROGRAM,
      argv: claudeArgv(spec, { settings, mcp, prompt }),
      taskOutput: spec.task === undefined ? undefined : taskOutput,
      env: { ...QUIET, ...credential.env },
      hidden: [...Object.keys(QUIET), ...Object.keys(credential.env)],
      files: [
        seededState(spec),
        settings,
        ...present(mcp, prompt),
        ...(await programs(spec)),
        ...skillFiles(`${spec.home}/.claude/skills`, spec.skills),
      ],
      routes: credential.routes,
      credentials: credential.credentials,
      screenRules: parseScreenRules(await readProviderFile("claude", "screen-rules.yml"), "screen-rules.yml of claude"),
      reportsState,
      warnings: credential.warnings,
    };
  },
};

async function programs(spec: ProvisionSpec): Promise<GuestFile[]> {
  const watcher = spec.supervise === undefined || spec.task !== undefined ? undefined : await stateProgram(spec.home);
  return present(watcher, spec.resume ? resumeScript(spec) : undefined);
}

function present(...files: readonly (GuestFile | undefined)[]): GuestFile[] {
  return files.filter((file) => file !== undefined);
}
