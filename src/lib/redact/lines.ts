// Lines without a bottle's secrets: one may be wrapped over several of them, and none is lost or made for that.

import { StringDecoder } from "node:string_decoder";

import { paced } from "./paced.ts";
import type { Redactor } from "./redactor.ts";

export interface RedactedLines<About> {
  /** `text` has no newline. */
  push(text: string, about: About): void;
  end(): void;
}

/** `line` gets each in its turn, with what came with it. */
export function redactLines<About>(
  redactor: Redactor,
  line: (text: string, about: About) => void,
): RedactedLines<About> {
  const abouts: About[] = [];
  const decoder = new StringDecoder("utf8");
  let rest = "";
  const output = paced(redactor, (bytes) => {
    const [first = "", ...others] = decoder.write(bytes).split("\n");
    rest += first;
    for (const next of others) {
      const about = abouts.shift();
      if (about !== undefined) line(rest, about);
      rest = next;
    }
  });
  return {
    push(text, about) {
      abouts.push(about);
      output.push(Buffer.from(`${text}\n`));
    },
    end: () => output.end(),
  };
}
