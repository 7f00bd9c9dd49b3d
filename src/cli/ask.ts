// Questions to the operator, on stderr, so that stdout stays the answer. Only where there is a terminal.

import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";

import { BottleError } from "#domain/bottle-error.ts";

import type { CommandContext } from "./command.ts";
import { Interrupted } from "./exit-code.ts";

export function canAsk(context: CommandContext): boolean {
  return context.stdin.isTTY === true && context.stderr.isTTY === true;
}

/** Only "y" and "yes" are a yes; everything else, Enter included, is the safe answer. */
export async function askYesNo(context: CommandContext, question: string): Promise<boolean> {
  const answer = await askText(context, `${question} [y/N] `);
  return /^y(?:es)?$/i.test(answer.trim());
}

/** Throws `usage` where nobody can be asked and `yes` was not given; `Interrupted` when the answer is no. */
export async function confirm(context: CommandContext, question: string, yes: boolean): Promise<void> {
  if (yes) return;
  if (!canAsk(context)) {
    throw new BottleError("usage", "this asks first, and there is no terminal to ask on", { hint: "pass --yes" });
  }
  if (!(await askYesNo(context, question))) throw new Interrupted("nothing was done");
}

export async function askText(context: CommandContext, prompt: string): Promise<string> {
  const reader = createInterface({ input: context.stdin, output: context.stderr, terminal: true });
  try {
    return await lineOf(reader, prompt, context.signal);
  } finally {
    reader.close();
  }
}

/** Nothing that is typed is shown. */
export async function askSecret(context: CommandContext, prompt: string): Promise<string> {
  const silence = new Writable({ write: (_chunk, _encoding, done) => done() });
  const reader = createInterface({ input: context.stdin, output: silence, terminal: true, historySize: 0 });
  context.stderr.write(prompt);
  try {
    return await lineOf(reader, "", context.signal);
  } finally {
    reader.close();
    context.stderr.write("\n");
  }
}

/** ctrl-c, ctrl-d and an abort of `signal` are an interruption. */
async function lineOf(
  reader: ReturnType<typeof createInterface>,
  prompt: string,
  signal: AbortSignal,
): Promise<string> {
  const closed = new Promise<never>((_, reject) => {
    reader.once("SIGINT", () => reject(new Interrupted("interrupted")));
    reader.once("close", () => reject(new Interrupted("interrupted")));
  });
  closed.catch(() => {}); // also rejected after an answer, when nobody waits any more
  return Promise.race([reader.question(prompt, { signal }), closed]);
}
