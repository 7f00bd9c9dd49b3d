// Lines of an agent's log from the engine's log of its container, where each has its moment in front.

import type { AgentLine } from "#contracts/backend.ts";
import { plainLine } from "#domain/plain-text.ts";
import { agentLine, LINE_LIMIT } from "#lib/agent-end/agent-log.ts";
import { splitLines, type LineSplitter } from "#lib/lines.ts";

/** `moment` is the engine's, to the nanosecond. */
export type StampedLine = AgentLine & { readonly moment: string };

const MOMENT = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{9})Z /;
const MOMENT_LENGTH = 31;
// Ours (terminal/marks.ts): it ends a line in the middle, and the rest of it comes as the next.
// oxlint-disable-next-line no-control-regex -- a mark is an escape sequence
const MARK_AT_END = /\u001b_bottle-dash [0-9a-f]{16}\r*$/;
const BEHIND_MARK = "\u001b\\";

/** `after`: lines up to this moment were told already. */
export function logLines(line: (line: StampedLine) => void, after = ""): LineSplitter {
  let begun: { readonly moment: string; readonly text: string } | undefined;
  return splitLines((raw, cut) => {
    const stamp = MOMENT.exec(raw);
    if (stamp === null) return; // the engine's own complaint, or garbage
    const moment = stamp[0].trimEnd();
    const rest = raw.slice(stamp[0].length);
    const text = begun === undefined ? rest : begun.text + withoutHead(rest);
    const first = begun?.moment ?? moment;
    begun = undefined;
    const mark = MARK_AT_END.exec(text);
    if (mark !== null) {
      begun = { moment: first, text: text.slice(0, mark.index).slice(0, LINE_LIMIT) };
      return;
    }
    const shown = agentLine(text, cut);
    if (shown === undefined || moment <= after) return;
    line({ at: `${stamp[1]}.${(stamp[2] ?? "").slice(0, 3)}Z`, text: plainLine(shown), moment });
  }, LINE_LIMIT + MOMENT_LENGTH);
}

function withoutHead(text: string): string {
  return text.startsWith(BEHIND_MARK) ? text.slice(BEHIND_MARK.length) : text;
}
