// resume: starts the agent of a stopped bottle again, in the home that it left.

import { defineCommand } from "../command.ts";
import { progressLines } from "../launching.ts";
import { answer } from "../print.ts";
import { handOver, hasTerminal } from "../terminal.ts";

export const resume = defineCommand({
  arguments: [{ name: "slug", describe: "a bottle that has ended", completes: "slug" }],
  options: {
    detach: { type: "boolean", short: "d", describe: "leave the agent alone once it runs, and print its slug" },
    "detach-keys": {
      type: "string",
      value: "keys",
      describe: "how to leave the terminal again (default: as in config.yml, else ctrl-])",
    },
  },
  details: ["The backend and everything else that `start` was given are kept; routes of the session are not."],
  examples: ["bottle-dash resume reviewer-k3x9a"],
  async run({ args, options }, context) {
    const console = await context.console();
    await console.resume(args.slug, progressLines(context), context.signal);
    if (options.detach || context.json || !hasTerminal(context)) answer(context, { slug: args.slug }, () => args.slug);
    else await handOver(context, console, args.slug, options["detach-keys"]);
  },
});
