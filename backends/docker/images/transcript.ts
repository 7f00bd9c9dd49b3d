// What a build says: each line for whoever watches, and the last ones, with the step, for the error that it may end with.

import { plainLine } from "#domain/plain-text.ts";
import { splitLines } from "#lib/lines.ts";

export interface Transcript {
  take(message: { stream?: string | undefined; status?: string | undefined; error?: string | undefined }): void;
  /** The last `Step 3/7 : RUN …`. */
  step(): string | undefined;
  /** Of what that step said. */
  last(): readonly string[];
  error(): string | undefined;
}

const LAST_LINES = 6;
/** The builder's own bookkeeping. */
const NOISE = /^ ---> |^Removing intermediate container |^Successfully (?:built|tagged) /;

export function createTranscript(output: (line: string) => void): Transcript {
  const last: string[] = [];
  let step: string | undefined;
  let error: string | undefined;
  const lines = splitLines((raw) => {
    const line = plain(raw);
    if (line === "" || NOISE.test(line)) return;
    if (/^Step \d+\/\d+ : /.test(line)) {
      step = line;
      last.length = 0;
    } else {
      last.push(line);
      if (last.length > LAST_LINES) last.shift();
    }
    output(line);
  }, 8192);
  return {
    take(message) {
      if (message.stream !== undefined) lines.push(message.stream);
      if (message.error === undefined) return;
      lines.end();
      error = plain(message.error);
    },
    step: () => step,
    last: () => last,
    error: () => error,
  };
}

/**
 * Without control characters: whoever wrote the programs that the build runs wrote this. Of a line that was drawn again and
 * again, what it showed in the end.
 */
function plain(line: string): string {
  const shown = line.split("\r").findLast((part) => part.trim() !== "") ?? "";
  return plainLine(shown).trimEnd();
}
