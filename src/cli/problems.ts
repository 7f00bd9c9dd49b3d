// Unreadable files cost a line on stderr, never the command.

import type { Fleet } from "#domain/fleet/fleet.ts";
import { plainLine } from "#domain/plain-text.ts";

import type { CommandContext } from "./command.ts";
import { note } from "./print.ts";

export function warnOfProblems(context: CommandContext, fleet: Pick<Fleet, "problems">): void {
  for (const [where, message] of Object.entries(fleet.problems)) {
    const text = message.startsWith(where) ? message : `${where}: ${message}`;
    note(context, `bottle-dash: warning: ${plainLine(text)}`);
  }
}
