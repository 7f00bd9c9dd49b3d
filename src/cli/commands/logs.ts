// logs: what a bottle's sources wrote, merged by time.

import { logLine } from "#modes/print/log-line.ts";
import { painter } from "#modes/print/paint.ts";

import { defineCommand } from "../command.ts";
import { parseCount, parseMoment } from "../option-values.ts";
import { printJsonLine, printText } from "../print.ts";
import { streaming } from "../streaming.ts";

export const logs = defineCommand({
  arguments: [{ name: "slug", describe: "a bottle, running or ended", completes: "slug" }],
  options: {
    follow: { type: "boolean", short: "f", describe: "go on with new lines until interrupted" },
    since: { type: "string", value: "time", describe: "only from then on: 10m, 2h, or an ISO time" },
    tail: { type: "string", short: "n", value: "count", describe: "only the last lines" },
    source: {
      type: "string",
      short: "s",
      value: "source",
      multiple: true,
      describe: "only that source",
      choices: ["agent", "egress", "git-gate", "supervise", "credentials", "init"],
    },
  },
  details: ["With --json each line is an object {at, source, text} of its own."],
  examples: [
    "bottle-dash logs reviewer-k3x9a -f",
    "bottle-dash logs reviewer-k3x9a --source egress --since 10m --json",
  ],
  async run({ args, options }, context) {
    const console = await context.console();
    const paint = painter(context.color);
    const wanted = {
      follow: options.follow,
      ...(options.source.length > 0 && { sources: options.source }),
      ...(options.tail !== undefined && { tail: parseCount(options.tail, "--tail") }),
      ...(options.since !== undefined && { since: parseMoment(options.since, "--since", context.now(), -1) }),
    };
    return streaming(context, () =>
      console.logs(
        args.slug,
        wanted,
        (line) => (context.json ? printJsonLine(context, line) : printText(context, logLine(line, paint))),
        context.signal,
      ),
    );
  },
});
