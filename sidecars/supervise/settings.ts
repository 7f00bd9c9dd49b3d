// What the daemon was started with: arguments for what it serves, one environment variable for how long it waits.

import { parseArgs } from "node:util";

import { BottleError } from "#domain/bottle-error.ts";
import { parseSlug } from "#domain/slug.ts";

export interface Settings {
  readonly root: string;
  readonly slug: string;
  /** An address that the bottle alone can reach, to listen on as well. */
  readonly listen: string | undefined;
  /** Whether the bottle can be made anew from another Dockerfile. */
  readonly rebuild: boolean;
  /** How long one tool call waits for the operator. */
  readonly waitMs: number;
}

const VARIABLE = "SUPERVISE_RESPONSE_TIMEOUT_SECONDS";
const DEFAULT_SECONDS = 30;
/** A timer of Node holds no more. */
const MOST_SECONDS = 2_147_483;

/** Throws `usage` for wrong arguments and for a time-out that is no positive number. */
export function parseSettings(args: readonly string[], env: NodeJS.ProcessEnv): Settings {
  const { root, slug, listen, rebuild } = parseArguments(args);
  return { root, slug: parseSlug(slug), listen, rebuild, waitMs: parseSeconds(env[VARIABLE]) * 1000 };
}

function parseArguments(args: readonly string[]): Omit<Settings, "waitMs"> {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        root: { type: "string" },
        slug: { type: "string" },
        listen: { type: "string" },
        rebuild: { type: "boolean", default: false },
      },
    });
    const { root, slug, listen, rebuild } = values;
    if (root !== undefined && slug !== undefined) return { root, slug, listen, rebuild };
  } catch (cause) {
    throw new BottleError("usage", cause instanceof Error ? cause.message : String(cause), { cause });
  }
  throw new BottleError("usage", "--root and --slug are needed", {
    hint: "start it as `supervise --root FOLDER --slug SLUG [--listen HOST] [--rebuild]`",
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
