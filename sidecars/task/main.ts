// task: runs an agent that was given a task inside its bottle, shows what it says as plain lines, hands its answer to
// supervise, and ends as it did. A convenience and no authority: it is as much the agent's as the agent itself.

import { readFileSync } from "node:fs";
import { join } from "node:path";

import { TASK_CONFIG, TaskConfig } from "#domain/provider/task-config.ts";
import { splitLines } from "#lib/lines.ts";

import { newAnswer } from "./answer.ts";
import { runAgent } from "./run-agent.ts";
import { tellSupervise } from "./tell-supervise.ts";

/** What an agent prints of a tool's output may be long. */
const LONGEST_LINE = 4 * 1_048_576;
const BAD_USAGE = 2;

async function main(): Promise<number> {
  const { output, supervise } = readConfig();
  const answer = newAnswer(output);
  const teller = tellSupervise(supervise);
  const lines = splitLines((text, cut) => show(answer.line(text, cut)), LONGEST_LINE);
  const code = await runAgent(agentOf(process.argv.slice(2)), (chunk) => lines.push(chunk));
  lines.end();
  const { text, cut } = answer.message();
  await teller.result({ message: text, cut });
  return code;
}

function readConfig(): TaskConfig {
  const path = join(process.env["HOME"] ?? "/", TASK_CONFIG);
  return TaskConfig.parse(JSON.parse(readFileSync(path, "utf8")));
}

/** Behind `--`. */
function agentOf([separator, ...argv]: readonly string[]): readonly string[] {
  if (separator === "--" && argv.length > 0) return argv;
  throw new Error("use it as `task -- COMMAND [ARGUMENT…]`");
}

function show(lines: readonly string[]): void {
  for (const line of lines) process.stdout.write(`${line}\n`);
}

process.stdout.on("error", () => {}); // the terminal is gone; the agent hears of that itself
try {
  const code = await main();
  // What was shown last may still be on its way.
  process.stdout.write("", () => process.exit(code));
} catch (error) {
  process.stderr.write(`task: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = BAD_USAGE;
  process.exit();
}
