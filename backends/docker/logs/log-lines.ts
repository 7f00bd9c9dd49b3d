// Lines of an agent's log from the engine's log of its container, where each has its moment in front.

import type { AgentLine } from "#contracts/backend.ts";
import { plainLine } from "#domain/plain-text.ts";
import { agentLine, LINE_LIMIT } from "#lib/agent-end/agent-log.ts";
import { splitLines, type LineSplitter } from "#lib/lines.ts";
import { redactLines } from "#lib/redact/lines.ts";
import type { Redactor } from "#lib/redact/redactor.ts";

/** `moment` is the engine's, to the nanosecond. */
export type StampedLine = AgentLine & { readonly moment: string };

interface Stamp {
  readonly moment: string;
  readonly cut: boolean;
}

const MOMENT = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{9})Z /;
const MOMENT_LENGTH = 31;
// Ours (terminal/marks.ts): it ends a line in the middle, and the rest of it comes as the next.
// oxlint-disable-next-line no-control-regex -- a mark is an escape sequence
const MARK_AT_END = /\u001b_bottle-dash [0-9a-f]{16}\r*$/;
const BEHIND_MARK = "\u001b\\";

/** `after`: lines up to this moment were told already. */
export function logLines(line: (line: StampedLine) => void, redactor: Redactor, after = ""): LineSplitter {
  const tell = redactLines<Stamp>(redactor, (text, { moment, cut }) => {
    const shown = agentLine(text, cut);
    if (shown === undefined || moment <= after) return;
    line({ at: `${moment.slice(0, 23)}Z`, text: plainLine(shown), moment });
  });
  let begun: { readonly moment: string; readonly text: string } | undefined;
  const lines = splitLines((raw, cut) => {
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
    tell.push(text, { moment, cut });
  }, LINE_LIMIT + MOMENT_LENGTH);
  return {
    push: (chunk) => lines.push(chunk),
    end() {
      lines.end();
      tell.end();
    },
  };
}

function withoutHead(text: string): string {
  return text.startsWith(BEHIND_MARK) ? text.slice(BEHIND_MARK.length) : text;
}
