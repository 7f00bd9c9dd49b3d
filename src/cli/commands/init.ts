// init: a new agent definition, and the bottle definition that it runs in.

import { join } from "node:path";

import { knownProviders } from "#core/definitions/contributed.ts";
import { BottleError } from "#domain/bottle-error.ts";
import { hostProblem, ruleHost } from "#domain/definition/egress.ts";
import { PROVIDERS } from "#domain/definition/provider.ts";
import { NAME } from "#domain/slug.ts";
import { createExclusive } from "#lib/atomic-file.ts";
import { rootPaths } from "#lib/paths.ts";

import { defineCommand } from "../command.ts";
import { agentTemplate, bottleTemplate } from "../definition-templates.ts";
import { didYouMean } from "../parse-arguments.ts";
import { answer } from "../print.ts";

export const init = defineCommand({
  arguments: [{ name: "name", describe: "the agent's name: a-z, 0-9 and -, a letter first" }],
  options: {
    bottle: {
      type: "string",
      short: "b",
      value: "name",
      describe: "the bottle it runs in (default: its own name); made when missing",
    },
    provider: {
      type: "string",
      short: "p",
      value: "name",
      completes: "provider",
      describe: `what runs in it (default: command): ${PROVIDERS.join(", ")}, or one of contrib/`,
    },
    command: { type: "string", value: "line", describe: "what the provider `command` runs (default: a shell)" },
    allow: {
      type: "string",
      value: "host",
      multiple: true,
      describe: "a host that the bottle may reach from the start",
    },
    repository: { type: "boolean", describe: "write the agent to .bot-bottle/agents/ of the working directory" },
  },
  details: [
    "Nothing that is there is overwritten. Change them with `edit`, see them with `info`, start them with `start`.",
  ],
  examples: [
    "bottle-dash init reviewer --provider claude",
    "bottle-dash init reviewer --bottle dev --command 'my-agent --yolo' --allow api.example.com",
  ],
  async run({ args, options }, context) {
    const console = await context.console();
    const name = demandName(args.name);
    const bottle = demandName(options.bottle ?? args.name);
    const hosts = options.allow.map(demandHost);
    const { command } = options;
    const paths = rootPaths(console.root);
    const provider = await demandProvider(options.provider ?? "command", paths.contrib);
    if (command !== undefined && provider !== "command") {
      throw new BottleError("usage", `--command is only for the provider command, not for ${provider}`);
    }
    const agents = options.repository ? join(context.cwd(), ".bot-bottle", "agents") : paths.agents;
    const agentFile = join(agents, `${name}.md`);
    const bottleFile = join(paths.bottles, `${bottle}.md`);
    if (!(await createExclusive(agentFile, agentTemplate(name, bottle)))) {
      throw new BottleError("conflict", "is there already; nothing was changed", {
        where: agentFile,
        hint: `change it with \`bottle-dash edit ${name}\``,
      });
    }
    const made = await createExclusive(bottleFile, bottleTemplate({ provider, command, hosts }));
    const written = made ? [bottleFile, agentFile] : [agentFile];
    answer(context, { agent: name, bottle, written }, () =>
      [
        ...written.map((path) => `wrote ${path}`),
        ...(made ? [] : [`${bottleFile} was there and stays${unheeded(options)}`]),
        `start it with: bottle-dash start ${name}`,
      ].join("\n"),
    );
  },
});

/** What was said of a bottle that is there already, and changes nothing. */
function unheeded(options: { provider?: string | undefined; command?: string | undefined; allow: readonly string[] }) {
  const given = (["provider", "command", "allow"] as const).filter((name) => (options[name] ?? "").length > 0);
  return given.length === 0 ? "" : `: ${given.map((name) => `--${name}`).join(", ")} changed nothing`;
}

/** Ours, or one that the operator contributed. */
async function demandProvider(name: string, contrib: string): Promise<string> {
  const { providers, brokenProviders } = await knownProviders(contrib);
  const broken = Object.hasOwn(brokenProviders, name) ? brokenProviders[name] : undefined;
  const names = [...PROVIDERS, ...providers];
  if (names.includes(name)) return name;
  throw broken === undefined
    ? new BottleError("usage", `there is no provider ${JSON.stringify(name)}${didYouMean(name, names)}`, {
        hint: `use one of ${names.join(", ")}; any program runs with --command '<line>' and without --provider`,
      })
    : new BottleError("invalid", `the provider ${name} cannot be used: ${broken}`);
}

function demandName(name: string): string {
  if (NAME.test(name) && name.length <= 60) return name;
  throw new BottleError("usage", `${JSON.stringify(name)} cannot be the name of a definition`, {
    hint: "use a-z, 0-9 and -, a letter first",
  });
}

function demandHost(host: string): string {
  const wrong = hostProblem(host);
  if (wrong === undefined) return ruleHost(host);
  throw new BottleError("usage", `the host ${JSON.stringify(host)} ${wrong}`, {
    hint: "give --allow a name such as api.example.com",
  });
}
