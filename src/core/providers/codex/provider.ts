// Codex: the operator's ChatGPT login or an API key, both by egress alone; supervise by MCP; its state by its terminal's title.

import type { GuestFile } from "#contracts/backend.ts";
import type { Provider, ProvisionSpec } from "#contracts/provider.ts";
import { skillFiles } from "#core/skills/guest-files.ts";
import { parseScreenRules } from "#domain/provider/screen-rules.ts";
import { readProviderFile } from "#lib/provider-files.ts";

import { argvOf, PROFILE } from "./argv.ts";
import { credentialOf } from "./credential.ts";
import { settingsOf } from "./settings.ts";
import { taskOutput } from "./task-output.ts";
import { tomlDocument } from "./toml.ts";

const RULES = "screen-rules.yml";

/** Its terminal asks for it at each start; `tui.show_tooltips` only keeps it from being shown. */
const TIP_OF_THE_DAY = [{ host: "raw.githubusercontent.com", path: "/openai/codex/main/announcement_tip.toml" }];

const PROGRAM = { name: "codex", install: "npm install --global @openai/codex" };

export const codex: Provider = {
  name: "codex",
  image: { kind: "ours", name: "codex" },
  program: PROGRAM,
  async provision(spec) {
    const { authFile, routes, credentials, warnings } = await credentialOf(spec);
    return {
      program: PROGRAM,
      argv: argvOf(spec),
      taskOutput: spec.task === undefined ? undefined : taskOutput,
      env: {},
      hidden: [],
      files: [
        guestFile(spec, "config.toml", tomlDocument(settingsOf(spec))),
        { ...guestFile(spec, `${PROFILE}.config.toml`, "# What is chosen in Codex.\n"), keep: true },
        ...(authFile === undefined ? [] : [guestFile(spec, "auth.json", authFile)]),
        // Where Codex looks for those of its user.
        ...skillFiles(`${spec.home}/.agents/skills`, spec.skills),
      ],
      ...(spec.settings.seed === undefined ? {} : { ownCredential: `${spec.home}/.codex/auth.json` }),
      routes,
      unasked: TIP_OF_THE_DAY,
      credentials,
      screenRules: parseScreenRules(await readProviderFile("codex", RULES), RULES),
      // Its hooks say when a turn begins and ends well, and nothing of one that fails: its title knows more.
      reportsState: false,
      warnings,
    };
  },
};

function guestFile({ home }: ProvisionSpec, name: string, content: string): GuestFile {
  return { path: `${home}/.codex/${name}`, content, mode: 0o600 };
}
