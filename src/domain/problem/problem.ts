// What is wrong with a file that people write: where it is, what it says, and what would be accepted.

import { BottleError } from "#domain/bottle-error.ts";

export interface Problem {
  /** A warning costs nothing; an error costs the file. */
  readonly severity: "error" | "warning";
  /** The file. */
  readonly path: string;
  /** Counted from 1. */
  readonly line?: number;
  /** For example `egress.routes[0].auth.scheme`. */
  readonly field?: string;
  /** What is wrong, what is accepted and what to do, in one line of plain text. */
  readonly message: string;
}

export type Parsed<T> =
  | { readonly ok: true; readonly value: T; readonly warnings: readonly Problem[] }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** `file:line: field: what is wrong`. */
export function describeProblem({ path, line, field, message }: Problem): string {
  return `${placeOf({ path, line })}: ${field === undefined || field === "" ? "" : `${field}: `}${message}`;
}

/** One error for all of them: the first in words, the others as a number. */
export function problemsError(problems: readonly Problem[]): BottleError {
  const errors = problems.filter(({ severity }) => severity === "error");
  const [first] = errors;
  if (first === undefined) return new BottleError("invalid", "the definition is not usable");
  const field = first.field === undefined || first.field === "" ? "" : `${first.field}: `;
  const more = errors.length === 1 ? "" : ` (and ${errors.length - 1} more)`;
  return new BottleError("invalid", `${field}${first.message}${more}`, { where: placeOf(first) });
}

function placeOf({ path, line }: { path: string; line?: number | undefined }): string {
  return line === undefined ? path : `${path}:${line}`;
}
