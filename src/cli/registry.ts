// The table of commands: one row each, its file loaded only when it is asked for.

import type { Command } from "./command.ts";

export interface CommandRow {
  readonly name: string;
  readonly summary: string;
  /** The name and its arguments; options follow from what the command declares. */
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
    name: "resume",
    summary: "start the agent of an ended bottle again",
    usage: "resume <slug>",
    load: async () => (await import("./commands/resume.ts")).resume,
  },
  {
    name: "attach",
    summary: "hand your terminal to a running agent",
    usage: "attach <slug>",
    load: async () => (await import("./commands/attach.ts")).attach,
  },
  {
    name: "exec",
    summary: "run a command in a running bottle",
    usage: "exec <slug> <command...>",
    load: async () => (await import("./commands/exec.ts")).exec,
  },
  {
    name: "cp",
    summary: "copy files into a bottle, or out of it",
    usage: "cp <from> <to>",
    load: async () => (await import("./commands/cp.ts")).cp,
  },
  {
    name: "list",
    summary: "list bottles, or the agents that can be started",
    usage: "list [active|available|all]",
    load: async () => (await import("./commands/list.ts")).list,
  },
  {
    name: "explain",
    summary: "say why a bottle's state is what it is",
    usage: "explain <slug>",
    load: async () => (await import("./commands/explain.ts")).explain,
  },
  {
    name: "logs",
    summary: "print what a bottle's sources wrote",
    usage: "logs <slug>",
    load: async () => (await import("./commands/logs.ts")).logs,
  },
  {
    name: "crash-logs",
    summary: "list or tail crash logs, ours and the agents'",
    usage: "crash-logs [of]",
    load: async () => (await import("./commands/crash-logs.ts")).crashLogs,
  },
  {
    name: "proposals",
    summary: "list what waits for your decision",
    usage: "proposals [id]",
    load: async () => (await import("./commands/proposals.ts")).proposals,
  },
  {
    name: "approve",
    summary: "approve a proposal, with a scope, changed if you like",
    usage: "approve <id>",
    load: async () => (await import("./commands/approve.ts")).approve,
  },
  {
    name: "reject",
    summary: "reject a proposal with a reason that the agent reads",
    usage: "reject <id>",
    load: async () => (await import("./commands/reject.ts")).reject,
  },
  {
    name: "edit",
    summary: "edit a proposal before approving it, or a definition",
    usage: "edit <id|name>",
    load: async () => (await import("./commands/edit.ts")).edit,
  },
  {
    name: "undo",
    summary: "take back what a decision added",
    usage: "undo <id>",
    load: async () => (await import("./commands/undo.ts")).undo,
  },
  {
    name: "egress",
    summary: "show, change or try a bottle's live egress table",
    usage: "egress <slug> [action] [target]",
    load: async () => (await import("./commands/egress.ts")).egress,
  },
  {
    name: "watch",
    summary: "print events, one JSON object a line",
    usage: "watch",
    load: async () => (await import("./commands/watch.ts")).watch,
  },
  {
    name: "stop",
    summary: "end agents; their homes stay",
    usage: "stop <slug...>",
    load: async () => (await import("./commands/stop.ts")).stop,
  },
  {
    name: "cleanup",
    summary: "remove what ended bottles left",
    usage: "cleanup [slug...]",
    load: async () => (await import("./commands/cleanup.ts")).cleanup,
  },
  {
    name: "init",
    summary: "write a new agent and bottle definition",
    usage: "init <name>",
    load: async () => (await import("./commands/init.ts")).init,
  },
  {
    name: "info",
    summary: "show a definition as a launch would see it",
    usage: "info <name>",
    load: async () => (await import("./commands/info.ts")).info,
  },
  {
    name: "audit",
    summary: "verify or show the record of what happened",
    usage: "audit <verify|show> [slug]",
    load: async () => (await import("./commands/audit.ts")).audit,
  },
  {
    name: "doctor",
    summary: "say what this machine has and lacks",
    usage: "doctor",
    load: async () => (await import("./commands/doctor.ts")).doctor,
  },
  {
    name: "demo",
    summary: "start a bottle with a scripted agent to look at",
    usage: "demo",
    load: async () => (await import("./commands/demo.ts")).demo,
  },
  {
    name: "completion",
    summary: "print the completion script of a shell",
    usage: "completion <bash|zsh|fish|words> [kind]",
    load: async () => (await import("./commands/completion.ts")).completion,
  },
];
