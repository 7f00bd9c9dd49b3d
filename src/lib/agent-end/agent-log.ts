// The agent's output as lines of text for `logs/agent.jsonl`.

import type { LogFile } from "#lib/log-file.ts";
import { splitLines } from "#lib/lines.ts";

/** Below the limit of the log file itself. */
export const LINE_LIMIT = 16_000;

export interface AgentLog {
  push(text: string): void;
  end(): void;
}

export function agentLog(file: Pick<LogFile, "write">, now: () => Date): AgentLog {
  const lines = splitLines((line, cut) => {
    const text = agentLine(line, cut);
    if (text !== undefined) file.write(text, now());
  }, LINE_LIMIT);
  return { push: (text) => lines.push(text), end: () => lines.end() };
}

/** Of a line that was overwritten by carriage returns (a progress bar), the last state counts. Undefined for an empty one. */
export function agentLine(line: string, cut: boolean): string | undefined {
  const whole = line.replace(/\r+$/, "");
  const text = whole.slice(whole.lastIndexOf("\r") + 1);
  if (text.trim() === "") return undefined;
  return cut ? `${text} [cut]` : text;
}
