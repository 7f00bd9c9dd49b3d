// completion: the completion scripts of shells, made from the registry, and the words that they ask for.

import { knownProviders } from "#core/definitions/contributed.ts";
import { PROVIDERS } from "#domain/definition/provider.ts";
import { rootPaths } from "#lib/paths.ts";

import { defineCommand, type CommandContext, type Completes } from "../command.ts";
import { completionModel } from "../completion/model.ts";
import { printText } from "../print.ts";
import { COMMANDS } from "../registry.ts";

export const completion = defineCommand({
  arguments: [
    {
      name: "shell",
      describe: "which shell; words lists what the scripts ask for",
      choices: ["bash", "zsh", "fish", "words"],
    },
    {
      name: "kind",
      describe: "words: backend, slug, proposal, agent, provider, definition or crash-log",
      optional: true,
    },
  ],
  options: {},
  details: [
    "bash: source <(bottle-dash completion bash). zsh: bottle-dash completion zsh > a file _bottle-dash in your $fpath. fish: bottle-dash completion fish > ~/.config/fish/completions/bottle-dash.fish.",
  ],
  examples: ["source <(bottle-dash completion bash)", "bottle-dash completion fish | source"],
  async run({ args }, context) {
    switch (args.shell) {
      case "bash":
        return printText(context, (await import("../completion/bash.ts")).bashScript(await completionModel(COMMANDS)));
      case "zsh":
        return printText(context, (await import("../completion/zsh.ts")).zshScript(await completionModel(COMMANDS)));
      case "fish":
        return printText(context, (await import("../completion/fish.ts")).fishScript(await completionModel(COMMANDS)));
      case "words":
        return printText(context, (await words(args.kind as Completes | undefined, context)).join("\n"));
    }
  },
});

/** Nothing, rather than an error, where a shell waits for words. */
async function words(kind: Completes | undefined, context: CommandContext): Promise<string[]> {
  const console = await context.console();
  switch (kind) {
    case "backend":
      return console.backends.map(({ name }) => name);
    case "slug":
      return (await console.snapshot()).bottles.map((row) => row.slug);
    case "proposal":
      return (await console.snapshot()).inbox.map((item) => item.proposal.id);
    case "agent":
      return (await console.agents()).map((agent) => agent.name);
    case "provider":
      return [...PROVIDERS, ...(await knownProviders(rootPaths(console.root).contrib)).providers];
    case "crash-log":
      return (await console.crashLogs()).map((log) => log.of);
    case "definition": {
      const { agents, bottles } = await console.definitions();
      return [...agents.keys(), ...bottles.keys(), ...(await console.snapshot()).inbox.map((item) => item.proposal.id)];
    }
    default:
      return [];
  }
}
