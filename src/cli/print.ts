// One way to answer: JSON for programs, a text for people.

import type { CommandContext } from "./command.ts";

/** `text` is without its last newline and is made only when a person reads; an empty one prints nothing. */
export function answer(context: CommandContext, value: unknown, text: () => string): void {
  if (context.json) printJson(context, value);
  else printText(context, text());
}

/** One document: a line in a pipe, indented on a terminal. */
export function printJson(context: CommandContext, value: unknown): void {
  context.stdout.write(`${context.stdout.isTTY === true ? JSON.stringify(value, null, 2) : JSON.stringify(value)}\n`);
}

/** One JSON object of a stream: always one line. */
export function printJsonLine(context: CommandContext, value: unknown): void {
  context.stdout.write(`${JSON.stringify(value)}\n`);
}

export function printText(context: CommandContext, text: string): void {
  if (text !== "") context.stdout.write(`${text}\n`);
}

/** What is said beside the answer (progress, warnings): never on stdout. */
export function note(context: CommandContext, text: string): void {
  context.stderr.write(`${text}\n`);
}
