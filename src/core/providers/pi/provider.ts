// Pi: models by the routes of the definition; supervise and its state by an extension of ours, since Pi has no MCP. It asks
// for no permissions, so there is no flag that stops it from asking: the bottle is its sandbox.

import type { GuestFile } from "#contracts/backend.ts";
import type { Provider, ProvisionSpec } from "#contracts/provider.ts";
import { skillFiles } from "#core/skills/guest-files.ts";
import { parseScreenRules } from "#domain/provider/screen-rules.ts";
import { readProviderFile } from "#lib/provider-files.ts";

import { demandReach, placeholders, whyLeft } from "./credential.ts";
import { type Choice, ownPi } from "./operator-files.ts";
import { reachOf, type Reach } from "./reach.ts";
import { taskOutput } from "./task-output.ts";

const RULES = "screen-rules.yml";
const PROMPT = "bottle-prompt.md";
/** Nothing at start but what it is for: no check for a newer version, no download of search tools, no report of an installation. */
const QUIET = { PI_OFFLINE: "1", PI_SKIP_VERSION_CHECK: "1", PI_TELEMETRY: "0" };

const PROGRAM = { name: "pi", install: "npm install --global @mariozechner/pi-coding-agent" };

export const pi: Provider = {
  name: "pi",
  image: { kind: "ours", name: "pi" },
  program: PROGRAM,
  async provision(spec) {
    const { supervise, task } = spec;
    const { models, choice, logins } = await ownPi(spec.operator);
    const reach = reachOf(spec.routes, models?.providers ?? []);
    demandReach(reach, logins, spec);
    const keys = placeholders(reach, spec);
    return {
      program: PROGRAM,
      argv: argvOf(spec),
      taskOutput: task === undefined ? undefined : taskOutput,
      env: { ...QUIET, ...keys, ...(supervise === undefined ? {} : { SUPERVISE_STATE: supervise.state }) },
      hidden: Object.keys(keys),
      files: [
        // Pi writes down here what was chosen in it.
        { ...guestFile(spec, "settings.json", settingsOf(reach, choice)), keep: true },
        ...(models === undefined ? [] : [guestFile(spec, "models.json", models.text)]),
        ...(spec.prompt.trim() === "" ? [] : [guestFile(spec, PROMPT, spec.prompt)]),
        guestFile(spec, "extensions/bottle-dash.js", await readProviderFile("pi", "extension.js")),
        ...skillFiles(`${folderIn(spec.home)}/skills`, spec.skills),
      ],
      // Those of the definition that lead to its models: as a provider's, secrets are starred out on them unless they say more.
      routes: [...new Set(reach.map(({ route }) => route))],
      credentials: [],
      screenRules: parseScreenRules(await readProviderFile("pi", RULES), RULES),
      reportsState: supervise !== undefined,
      warnings: logins.length === 0 ? [] : [whyLeft(logins)],
    };
  },
};

function argvOf({ prompt, resume, task, home }: ProvisionSpec): string[] {
  return [
    "pi",
    ...(prompt.trim() === "" ? [] : ["--append-system-prompt", `${folderIn(home)}/${PROMPT}`]),
    ...(resume ? ["--continue"] : []),
    ...(task === undefined ? [] : ["--mode", "json", "--print", asMessage(task)]),
  ];
}

/** What begins so would be an option or a file to Pi. */
function asMessage(task: string): string {
  return /^[-@]/.test(task) ? ` ${task}` : task;
}

/** It starts with the model that the operator's own Pi starts with, where a route leads there; else with that of the first route. */
function settingsOf(reach: readonly Reach[], choice: Choice | undefined): string {
  const isThere = choice !== undefined && reach.some(({ provider }) => provider === choice.provider);
  const first = isThere ? { ...choice } : { provider: reach[0]?.provider, model: reach[0]?.model, thinking: undefined };
  const settings = {
    defaultProvider: first.provider,
    defaultModel: first.model,
    defaultThinkingLevel: first.thinking,
    enableInstallTelemetry: false,
  };
  return `${JSON.stringify(settings, undefined, 2)}\n`;
}

function guestFile({ home }: ProvisionSpec, name: string, content: string): GuestFile {
  return { path: `${folderIn(home)}/${name}`, content, mode: 0o600 };
}

function folderIn(home: string): string {
  return `${home}/.pi/agent`;
}
