// What `start` does for an agent that is given a task: where its text comes from, and what is said of its end.

import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";

import type { AgentEnd, Console } from "#contracts/console.ts";
import { BottleError } from "#domain/bottle-error.ts";

import type { CommandContext, ExitCode } from "./command.ts";
import { Interrupted } from "./exit-code.ts";
import { answer, note } from "./print.ts";

interface TaskOptions {
  readonly prompt: string | undefined;
  readonly "prompt-file": string | undefined;
  readonly "answers-stdin": boolean;
}

/** Undefined when there is none. Throws `usage` where two are given, or standard input is to be read twice. */
export async function taskOf(context: CommandContext, options: TaskOptions): Promise<string | undefined> {
  const { prompt, "prompt-file": path, "answers-stdin": answersStdin } = options;
  if (path === undefined) return prompt;
  if (prompt !== undefined) throw new BottleError("usage", "--prompt and --prompt-file are two tasks; give one");
  if (path !== "-") return await readTask(path);
  if (answersStdin) {
    throw new BottleError("usage", "--prompt-file - and --answers-stdin both read standard input", {
      hint: "put the task into a file, or give it with --prompt",
    });
  }
  return await text(context.stdin);
}

async function readTask(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new BottleError("invalid", `the task cannot be read: ${reason}`, { where: path, cause });
  }
}

const LAST_LINES = 20;

/** Waits for the end; what the agent said last is the answer. 0 only when it exited 0. */
export async function reportEnd(context: CommandContext, console: Console, slug: string): Promise<ExitCode> {
  if (!context.json) note(context, `${slug} is at work; read along with \`bottle-dash logs ${slug} -f\``);
  const { message, cut, ...end } = await untilEnd(context, console, slug);
  answer(context, { slug, ...end, message, cut }, () => message ?? "");
  if (cut) note(context, "what it said last was longer than is kept, and is cut");
  if (end.reason === "exited" && end.exit_code === 0) return 0;
  await tellFailure(context, console, slug, end);
  return 1;
}

async function untilEnd(context: CommandContext, console: Console, slug: string): Promise<AgentEnd> {
  try {
    return await console.end(slug, context.signal);
  } catch (error) {
    if (!context.signal.aborted) throw error;
    throw new Interrupted(
      `the agent goes on: read along with \`bottle-dash logs ${slug} -f\`, end it with \`bottle-dash stop ${slug}\``,
    );
  }
}

type HowItEnded = Pick<AgentEnd, "reason" | "exit_code" | "signal">;

async function tellFailure(context: CommandContext, console: Console, slug: string, end: HowItEnded): Promise<void> {
  const lines: string[] = [];
  const wanted = { sources: ["agent"], tail: LAST_LINES };
  await console.logs(slug, wanted, ({ text: line }) => lines.push(line), context.signal).catch(() => {}); // it is told without
  for (const line of lines.filter((text) => text.trim() !== "")) note(context, `  ${line}`);
  const more = end.reason === "exited" ? `; its last screen is kept: bottle-dash crash-logs ${slug}` : "";
  note(context, `bottle-dash: the agent of ${slug} ${endWords(end)}${more}`);
}

function endWords({ reason, exit_code, signal }: HowItEnded): string {
  if (reason === "stopped") return "was stopped before it was done";
  if (reason === "lost") return "is gone, and nobody saw how it ended";
  return signal === null ? `failed: it exited with ${exit_code}` : `failed: ${signal} ended it`;
}
