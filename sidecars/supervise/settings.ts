// What the daemon was started with: arguments for what it serves, one environment variable for how long it waits.

import { parseArgs } from "node:util";

import { BottleError } from "#domain/bottle-error.ts";
import { parseSlug } from "#domain/slug.ts";

export interface Settings {
  readonly root: string;
  readonly slug: string;
  /** How long one tool call waits for the operator. */
  readonly waitMs: number;
}

const VARIABLE = "SUPERVISE_RESPONSE_TIMEOUT_SECONDS";
const DEFAULT_SECONDS = 30;
/** A timer of Node holds no more. */
const MOST_SECONDS = 2_147_483;

/** Throws `usage` for wrong arguments and for a time-out that is no positive number. */
export function parseSettings(args: readonly string[], env: NodeJS.ProcessEnv): Settings {
  const { root, slug } = parseArguments(args);
  return { root, slug: parseSlug(slug), waitMs: parseSeconds(env[VARIABLE]) * 1000 };
}

function parseArguments(args: readonly string[]): { root: string; slug: string } {
  try {
    const { values } = parseArgs({ args: [...args], options: { root: { type: "string" }, slug: { type: "string" } } });
    if (values.root !== undefined && values.slug !== undefined) return { root: values.root, slug: values.slug };
  } catch (cause) {
    throw new BottleError("usage", cause instanceof Error ? cause.message : String(cause), { cause });
  }
  throw new BottleError("usage", "--root and --slug are needed", {
    hint: "start it as `supervise --root FOLDER --slug SLUG`",
  });
}

function parseSeconds(text: string | undefined): number {
  if (text === undefined) return DEFAULT_SECONDS;
  const seconds = text.trim() === "" ? Number.NaN : Number(text);
  if (Number.isFinite(seconds) && seconds > 0) return Math.min(seconds, MOST_SECONDS);
  throw new BottleError("usage", `${JSON.stringify(text)} is not a positive number of seconds`, {
    where: VARIABLE,
    hint: `leave it out for ${DEFAULT_SECONDS}`,
  });
}
