// What an agent with a task says as it works: lines for people as they come, and its answer at the end.

import { plainLines } from "#domain/plain-text.ts";
import { readTaskLine } from "#domain/provider/read-task-line.ts";
import { MOST_MESSAGE_BYTES } from "#domain/provider/task-config.ts";
import type { TaskOutput } from "#domain/provider/task-output.ts";
import { firstBytes, lastBytes, type BoundedText } from "#lib/bounded-text.ts";

export interface Answer {
  /** One line of its output; `cut`: it was longer than is read. Returns what to show of it, as plain lines. */
  line(text: string, cut: boolean): string[];
  /** Plain text; empty when it said nothing. */
  message(): BoundedText;
}

export function newAnswer(output: TaskOutput): Answer {
  return output.format === "text" ? wholeText() : lastMessage(output);
}

/** All of it is the answer: when it is long, its end. */
function wholeText(): Answer {
  let kept: string[] = [];
  let size = 0;
  let isCut = false;
  const shorten = (): void => {
    const { text, cut } = lastBytes(kept.join("\n"), MOST_MESSAGE_BYTES);
    isCut ||= cut;
    kept = [text];
    size = text.length;
  };
  return {
    line(text, cut) {
      const lines = plainLines(text);
      isCut ||= cut;
      kept.push(...lines);
      size += text.length + 1;
      if (size > 2 * MOST_MESSAGE_BYTES) shorten();
      return lines;
    },
    message() {
      shorten();
      return { text: kept.join("\n").trim(), cut: isCut };
    },
  };
}

/** What it said last: when that is long, its beginning. */
function lastMessage({ rules }: Extract<TaskOutput, { format: "jsonl" }>): Answer {
  let last: BoundedText = { text: "", cut: false };
  return {
    line(text, cut) {
      if (cut) return ["[a line of its output is too long to be read]"];
      return readTaskLine(text, rules).flatMap((word) => {
        const lines = plainLines(word.text.trim());
        if (word.as !== "message") return word.as === "error" ? lines.map((line) => `error: ${line}`) : lines;
        const said = firstBytes(lines.join("\n"), MOST_MESSAGE_BYTES);
        // Some say in their last line once more what they said before.
        const isRepeated = said.text === last.text;
        last = said;
        return isRepeated ? [] : lines;
      });
    },
    message: () => last,
  };
}
