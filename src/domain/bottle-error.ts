// The one error class that crosses folders: a stable code, what was wrong, where, and what to do.

/** Stable codes; the command line maps each to an exit code. */
export type ErrorCode =
  | "usage" // wrong arguments: exit 2
  | "invalid" // malformed definition, state, proposal, decision or config: exit 2
  | "refused" // a policy said no: exit 3
  | "unavailable" // a backend or a dependency is missing: exit 4
  | "conflict" // somebody else was first: exit 1
  | "not-found" // exit 1
  | "failed"; // everything else: exit 1

export interface BottleErrorDetail {
  /** File, file:line, field or step at which it went wrong. */
  readonly where?: string;
  /** What the reader can do about it: one imperative sentence. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/** An error meant for people: its message is one line, `where: what; what to do`. */
export class BottleError extends Error {
  readonly code: ErrorCode;
  readonly where: string | undefined;
  readonly hint: string | undefined;

  /** By its name: each bundle of ours has a copy of this class, and one throws what the other catches. */
  static override [Symbol.hasInstance](value: unknown): value is BottleError {
    return value instanceof Error && value.name === "BottleError" && "code" in value;
  }

  constructor(code: ErrorCode, what: string, detail: BottleErrorDetail = {}) {
    super(messageOf(what, detail), detail.cause === undefined ? {} : { cause: detail.cause });
    this.name = "BottleError";
    this.code = code;
    this.where = detail.where;
    this.hint = detail.hint;
  }
}

function messageOf(what: string, { where, hint }: BottleErrorDetail): string {
  const located = where === undefined ? what : `${where}: ${what}`;
  return hint === undefined ? located : `${located}; ${hint}`;
}
