// demo: a bottle with a scripted agent, to see the whole loop without an account or Docker.

import { startDemo } from "#core/demo/start-demo.ts";

import { BACKEND_OPTION } from "../backend-option.ts";
import { defineCommand } from "../command.ts";
import { progressLines } from "../launching.ts";
import { answer } from "../print.ts";
import { hasTerminal } from "../terminal.ts";

export const demo = defineCommand({
  arguments: [],
  options: {
    detach: { type: "boolean", short: "d", describe: "do not open the dashboard; print the slug once the agent runs" },
    backend: BACKEND_OPTION,
    hold: { type: "boolean", describe: "hold requests to unknown hosts while you decide, instead of blocking them" },
  },
  details: [
    "Its agent is a script that behaves like a coding agent: it is blocked at an unknown host, asks you for it, goes on when you approve, asks a question, and crashes. The hosts are made up: a server on loopback that lives as long as the bottle plays them. Everything else is real.",
  ],
  examples: [
    "bottle-dash demo",
    "bottle-dash demo --backend docker",
    "slug=$(bottle-dash demo --detach) && bottle-dash proposals",
  ],
  async run({ options }, context) {
    const console = await context.console();
    const slug = await startDemo(
      console,
      { hold: options.hold, backend: options.backend },
      progressLines(context),
      context.signal,
    );
    if (!options.detach && !context.json && hasTerminal(context)) return context.openDashboard({ select: slug });
    answer(context, { slug }, () => slug);
    return 0;
  },
});
