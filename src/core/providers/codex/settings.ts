// What Codex is told in every bottle: folders it may trust, supervise, a title that tells its state, and no calls of its own.

import type { ProvisionSpec } from "#contracts/provider.ts";

import type { TomlTable } from "./toml.ts";

/** An operator may be away for a day; supervise itself answers sooner, and is asked again. */
const LONGEST_ANSWER_S = 86_400;

/** Nothing about models: those are the agent's and the operator's own choice. */
export function settingsOf({ prompt, home, workspace, supervise }: ProvisionSpec): TomlTable {
  return {
    ...(prompt.trim() === "" ? {} : { developer_instructions: prompt }),
    check_for_update_on_startup: false,
    // The synthesized login is a file; no keyring is looked for.
    cli_auth_credentials_store: "file",
    analytics: { enabled: false },
    feedback: { enabled: false },
    features: {
      // A market place, fetched at every start.
      plugins: false,
      // Connectors of the ChatGPT account.
      apps: false,
      // Egress looks for secrets in what is sent, and can take one out of a body that it can read.
      enable_request_compression: false,
      // A server of its own that outlives the terminal.
      daemon_auto_start: false,
      // Without its model an agent fails and says so, instead of looking busy for ever.
      unbounded_connection_retries: false,
    },
    tui: {
      // screen-rules.yml reads it.
      terminal_title: ["activity", "run-state"],
      show_tooltips: false,
    },
    projects: { [workspace]: { trust_level: "trusted" }, [home]: { trust_level: "trusted" } },
    ...(supervise === undefined ? {} : { mcp_servers: { supervise: superviseServer(supervise.mcp) } }),
  };
}

function superviseServer(url: string): TomlTable {
  return { url, tool_timeout_sec: LONGEST_ANSWER_S, default_tools_approval_mode: "approve" };
}
