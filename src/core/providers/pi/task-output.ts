// What `pi --mode json` prints, of which an answer is made.

import type { TaskOutput } from "#domain/provider/task-output.ts";

export const taskOutput: TaskOutput = {
  format: "jsonl",
  rules: [
    { when: { type: "message_end", "message.role": "assistant" }, take: "message.content.*.text", as: "message" },
    { when: { type: "tool_execution_start", toolName: "bash" }, take: "args.command", as: "note" },
    { when: { type: "tool_execution_start" }, take: "args.path", as: "note" },
    { when: { type: "tool_execution_start" }, take: "args.host", as: "note" },
    {
      when: { type: "message_end", "message.role": "assistant", "message.stopReason": "error" },
      take: "message.errorMessage",
      as: "error",
    },
  ],
};
