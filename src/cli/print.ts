// One way to answer: JSON for programs, a text for people.

import type { CommandContext } from "./command.ts";

/** `text` is without its last newline and is made only when a person reads; an empty one prints nothing. */
export function answer(context: CommandContext, value: unknown, text: () => string): void {
  if (context.json) printJson(context, value);
  else printText(context, text());
}

/** One document: a line in a pipe, indented on a terminal. */
function printJson(context: CommandContext, value: unknown): void {
  context.stdout.write(`${harmless(JSON.stringify(value, null, context.stdout.isTTY === true ? 2 : 0))}\n`);
}

/** One JSON object of a stream: always one line. */
export function printJsonLine(context: CommandContext, value: unknown): void {
  context.stdout.write(`${harmless(JSON.stringify(value))}\n`);
}

// JSON leaves these as they are; an agent may have written them, and a terminal may obey them, or show nothing.
const OBEYED =
  /[\u{34f}\u007f-\u009f\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ufeff\uffa0\ufff0-\ufff8\u{e0000}-\u{e0fff}]/gu;

/** The same JSON value with C1 controls, direction and invisible characters as \\u escapes. */
function harmless(json: string): string {
  return json.replace(OBEYED, (character) => character.split("").map(escaped).join("")); // tags are two code units
}

function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

export function printText(context: CommandContext, text: string): void {
  if (text !== "") context.stdout.write(`${text}\n`);
}

/** What is said beside the answer (progress, warnings): never on stdout. */
export function note(context: CommandContext, text: string): void {
  context.stderr.write(`${text}\n`);
}
