// The table of commands: one row each, its file loaded only when it is asked for.

import type { Command } from "./command.ts";

export interface CommandRow {
  readonly name: string;
  readonly summary: string;
  readonly usage: string;
  load(): Promise<Command>;
}

export const COMMANDS: readonly CommandRow[] = [
  {
    name: "start",
    summary: "start an agent in a new bottle",
    usage: "start <agent>",
    load: async () => (await import("./commands/start.ts")).start,
  },
  {
    name: "list",
    summary: "list bottles, or the agents that can be started",
    usage: "list [active|available|all]",
    load: async () => (await import("./commands/list.ts")).list,
  },
  {
    name: "proposals",
    summary: "list what waits for your decision",
    usage: "proposals [id]",
    load: async () => (await import("./commands/proposals.ts")).proposals,
  },
];
