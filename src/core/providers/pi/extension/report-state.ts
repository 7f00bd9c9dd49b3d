// Reports Pi's state to supervise from Pi's own events.

import { after, AT_REST, gaveUp, mayTryAgain, said, type Happened } from "./doing.ts";
import { failureOf } from "./failure.ts";
import type { Pi } from "./pi.ts";
import type { Reporter } from "./reporter.ts";

/** Longer than the longest pause between Pi's own tries (8 s). */
const GIVES_UP_MS = 10_000;

export function reportState(pi: Pi, reporter: Reporter): void {
  let doing = AT_REST;
  let givingUp: NodeJS.Timeout | undefined;
  const happened = (what: Happened): void => {
    clearTimeout(givingUp);
    doing = after(doing, what);
    reporter.say(said(doing));
    if (what.type !== "agent_end" || !mayTryAgain(what.failure)) return;
    givingUp = setTimeout(() => reporter.say(gaveUp(doing)), GIVES_UP_MS).unref();
  };
  // A run without a screen begins with its work.
  pi.on("session_start", (_event, { hasUI }) => (hasUI ? happened({ type: "session_start" }) : undefined));
  pi.on("agent_start", () => happened({ type: "agent_start" }));
  pi.on("turn_start", () => happened({ type: "turn_start" }));
  pi.on("tool_execution_start", ({ toolCallId, toolName, args }) =>
    happened({ type: "tool_execution_start", id: toolCallId, tool: toolName, args }),
  );
  pi.on("tool_execution_end", ({ toolCallId }) => happened({ type: "tool_execution_end", id: toolCallId }));
  pi.on("agent_end", ({ messages }) => happened({ type: "agent_end", failure: failureOf(messages) }));
  // For a reload or another conversation Pi makes this extension anew.
  pi.on("session_shutdown", () => {
    clearTimeout(givingUp);
    reporter.stop();
  });
}
