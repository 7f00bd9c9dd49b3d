// The operator's config.yml, as far as commands heed it. What is wrong with it is said, and costs only itself.

import type { Console } from "#contracts/console.ts";
import { loadConfig } from "#core/definitions/load-config.ts";
import type { Config } from "#domain/config/config.ts";
import { plainLine } from "#domain/plain-text.ts";
import { describeProblem } from "#domain/problem/problem.ts";

import type { CommandContext } from "./command.ts";
import { note } from "./print.ts";

/** Defaults where there is no file, or a malformed one. */
export async function readSettings(context: CommandContext, console: Pick<Console, "root">): Promise<Config> {
  const { config, problems } = await loadConfig(console.root);
  for (const problem of problems) note(context, `bottle-dash: warning: ${plainLine(describeProblem(problem))}`);
  return config;
}
