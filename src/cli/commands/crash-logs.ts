// crash-logs: where something crashed, ours and the agents', and what was written down then.

import type { Console, CrashLog } from "#contracts/console.ts";
import { BottleError } from "#domain/bottle-error.ts";
import { plainLine } from "#domain/plain-text.ts";
import { followText } from "#lib/follow-text.ts";
import { crashLogTable } from "#modes/print/crash-log-table.ts";
import { painter } from "#modes/print/paint.ts";

import { defineCommand } from "../command.ts";
import { parseCount } from "../option-values.ts";
import { didYouMean } from "../parse-arguments.ts";
import { answer, printJsonLine } from "../print.ts";
import { streaming } from "../streaming.ts";

const DEFAULT_TAIL = 40;

export const crashLogs = defineCommand({
  arguments: [{ name: "of", describe: "show one: a slug, or dashboard", optional: true, completes: "crash-log" }],
  options: {
    follow: {
      type: "boolean",
      short: "f",
      describe: "go on with new lines until interrupted (of the newest log, when none is named)",
    },
    tail: { type: "string", short: "n", value: "count", describe: `the last lines (default ${DEFAULT_TAIL})` },
  },
  details: [
    "Without a name: the list, newest first. With --json the list is an array, a log's lines are objects {of, text}.",
  ],
  examples: [
    "bottle-dash crash-logs",
    "bottle-dash crash-logs dashboard --tail 100",
    "bottle-dash crash-logs demo-k3x9a -f",
  ],
  async run({ args, options }, context) {
    const console = await context.console();
    if (args.of === undefined && !options.follow && options.tail === undefined) {
      const found = await console.crashLogs();
      return answer(context, found, () => crashLogTable(found, context.now(), painter(context.color)));
    }
    const log = await logOf(console, args.of);
    const tail = options.tail === undefined ? DEFAULT_TAIL : parseCount(options.tail, "--tail");
    const print = (text: string): void =>
      context.json
        ? printJsonLine(context, { of: log.of, text: plainLine(text) })
        : void context.stdout.write(`${plainLine(text)}\n`);
    return streaming(context, () => followText(log.path, { tail, follow: options.follow }, print, context.signal));
  },
});

async function logOf(console: Console, name: string | undefined): Promise<CrashLog> {
  const found = await console.crashLogs();
  const log = name === undefined ? found[0] : found.find((candidate) => candidate.of === name);
  if (log !== undefined) return log;
  const names = found.map((candidate) => candidate.of);
  if (name === undefined || names.length === 0)
    throw new BottleError("not-found", "nothing has crashed: there is no crash log");
  throw new BottleError("not-found", `there is no crash log of ${JSON.stringify(name)}${didYouMean(name, names)}`, {
    hint: `there are: ${names.join(", ")}`,
  });
}
