// start: shows what will be launched, asks, launches, and hands the agent's terminal over.

import type { LaunchRequest } from "#contracts/console.ts";

import { preflightRow } from "#modes/json/rows.ts";
import { painter } from "#modes/print/paint.ts";
import { preflightText } from "#modes/print/preflight-text.ts";

import { confirm } from "../ask.ts";
import { BACKEND_OPTION } from "../backend-option.ts";
import { defineCommand } from "../command.ts";
import { answerQuestions, progressLines, readAnswers, showPreflight } from "../launching.ts";
import { answer } from "../print.ts";
import { reportEnd, taskOf } from "../task.ts";
import { handOver, hasTerminal } from "../terminal.ts";

export const start = defineCommand({
  arguments: [
    { name: "agent", describe: "an agent definition (see `bottle-dash list available`)", completes: "agent" },
  ],
  options: {
    yes: { type: "boolean", short: "y", describe: "launch without asking" },
    "dry-run": { type: "boolean", short: "n", describe: "show what would be launched, and stop" },
    detach: { type: "boolean", short: "d", describe: "leave the agent alone once it runs, and print its slug" },
    backend: BACKEND_OPTION,
    cwd: { type: "boolean", describe: "copy the working directory into the bottle's workspace" },
    label: { type: "string", value: "text", describe: "a name for people" },
    color: { type: "string", value: "name", describe: "the colour of its row" },
    prompt: {
      type: "string",
      short: "p",
      value: "text",
      describe: "give it this to do, without a screen, and wait for its end",
    },
    "prompt-file": {
      type: "string",
      value: "path",
      describe: "the same, with the text of a file, or - for standard input",
    },
    "answers-stdin": { type: "boolean", describe: "read the answers to `?prompt` variables from stdin: a JSON object" },
    "detach-keys": {
      type: "string",
      value: "keys",
      describe: "how to leave the terminal again (default: as in config.yml, else ctrl-])",
    },
  },
  details: [
    "Shows the preflight and asks. Then launches the bottle; the agent starts only after its isolation was proved from inside. In a terminal you are then at the agent's own terminal; otherwise, and with --detach, the slug is printed.",
    "With --prompt the agent works without a screen and ends when it is done: its last message is printed, with --json {slug, exit_code, signal, message, …}, and the exit code is 0 when its own was, else 1. Ctrl-c leaves it at work. Resumed later, it goes on from there in its terminal.",
  ],
  examples: [
    "bottle-dash start reviewer",
    "bottle-dash start reviewer --yes --detach --json",
    "bottle-dash start reviewer --cwd --label auth",
    "bottle-dash start reviewer --cwd --yes --prompt 'say what this project does'",
  ],
  async run({ args, options }, context) {
    const console = await context.console();
    const task = await taskOf(context, options);
    const request: LaunchRequest = {
      agent: args.agent,
      ...(options.backend !== undefined && { backend: options.backend }),
      ...(options.label !== undefined && { label: options.label }),
      ...(options.color !== undefined && { color: options.color }),
      ...(options.cwd && { copyCwd: context.cwd() }),
      ...(task !== undefined && { prompt: task }),
      ...(options["answers-stdin"] && { answers: await readAnswers(context) }),
    };
    const planned = await console.preflight(request);
    if (options["dry-run"])
      return answer(context, preflightRow(planned), () => preflightText(planned, painter(context.color)));
    if (!context.json) showPreflight(context, planned);
    await confirm(context, "Launch it?", options.yes);
    const preflight = await answerQuestions(context, console, planned);
    const slug = await console.launch(preflight, progressLines(context), context.signal);
    if (task !== undefined && !options.detach) return await reportEnd(context, console, slug);
    if (options.detach || context.json || !hasTerminal(context)) answer(context, { slug }, () => slug);
    else await handOver(context, console, slug, options["detach-keys"]);
  },
});
