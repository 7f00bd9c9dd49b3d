// attach: hands the operator's terminal to a running agent until the detach key.

import { defineCommand } from "../command.ts";
import { handOver } from "../terminal.ts";

export const attach = defineCommand({
  arguments: [{ name: "slug", describe: "a running bottle", completes: "slug" }],
  options: {
    "detach-keys": {
      type: "string",
      value: "keys",
      describe: "ctrl- and one of a-z [ \\ ] ^ _ @ (default: as in config.yml, else ctrl-])",
    },
  },
  details: [
    "The terminal is the agent's own until you press the detach key; twice sends it to the agent. The agent goes on when you leave, and any number of terminals may be attached at once.",
  ],
  examples: ["bottle-dash attach reviewer-k3x9a", "bottle-dash attach reviewer-k3x9a --detach-keys ctrl-q"],
  async run({ args, options }, context) {
    await handOver(context, await context.console(), args.slug, options["detach-keys"]);
  },
});
