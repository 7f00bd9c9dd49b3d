// How an error leaves the program: its exit code and its one line.

import { BottleError, type ErrorCode } from "#domain/bottle-error.ts";
import { plainLine } from "#domain/plain-text.ts";

import type { ExitCode } from "./command.ts";

const EXIT_CODES: Readonly<Record<ErrorCode, ExitCode>> = {
  usage: 2,
  invalid: 2,
  refused: 3,
  unavailable: 4,
  conflict: 1,
  "not-found": 1,
  failed: 1,
};

/** The operator interrupted, or answered "no". */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
}

export function exitCodeOf(error: unknown): ExitCode {
  if (isInterruption(error)) return 130;
  return error instanceof BottleError ? EXIT_CODES[error.code] : 1;
}

/** What goes to stderr, without its newline; with `debug` the stacks of the error and of its causes follow. */
export function errorText(error: unknown, debug: boolean): string {
  if (error instanceof Interrupted) return `bottle-dash: ${error.message}`;
  if (isInterruption(error) && !debug) return "bottle-dash: interrupted";
  const line = `bottle-dash: ${plainLine(messageOf(error))}`;
  if (!debug)
    return error instanceof BottleError ? line : `${line}; this is a mistake in bottle-dash: run it again with --debug`;
  return [line, ...stacks(error)].join("\n");
}

function isInterruption(error: unknown): boolean {
  return error instanceof Error && (error.name === "Interrupted" || error.name === "AbortError");
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function stacks(error: unknown): string[] {
  const texts: string[] = [];
  for (let at = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth++) {
    texts.push(depth === 0 ? (at.stack ?? at.message) : `caused by ${at.stack ?? at.message}`);
  }
  return texts;
}
