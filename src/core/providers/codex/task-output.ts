// What `codex exec --json` prints: its messages, what it runs and changes, and why it failed.

import type { TaskOutput } from "#domain/provider/task-output.ts";

export const taskOutput: TaskOutput = {
  format: "jsonl",
  rules: [
    { when: { type: "item.completed", "item.type": "agent_message" }, take: "item.text", as: "message" },
    { when: { type: "item.started", "item.type": "command_execution" }, take: "item.command", as: "note" },
    { when: { type: "item.completed", "item.type": "file_change" }, take: "item.changes.*.path", as: "note" },
    { when: { type: "item.started", "item.type": "mcp_tool_call" }, take: "item.tool", as: "note" },
    // A warning: the turn goes on.
    { when: { type: "item.completed", "item.type": "error" }, take: "item.message", as: "note" },
    { when: { type: "error" }, take: "message", as: "note" },
    { when: { type: "turn.failed" }, take: "error.message", as: "error" },
  ],
};
