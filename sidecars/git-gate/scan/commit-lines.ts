// Which line of a commit's object is what: its head ends with an empty line.

import type { CommitPart } from "./finding.ts";

export class CommitLines {
  /** First letters of the lines of the head. */
  readonly #names: string[] = [""];
  #isHead = true;

  read(bytes: Buffer): void {
    for (let at = 0; this.#isHead && at < bytes.length; at += 1) {
      const last = this.#names.length - 1;
      if (bytes[at] !== 0x0a) {
        if (this.#names[last]!.length < 10) this.#names[last] += String.fromCharCode(bytes[at]!);
      } else if (this.#names[last] === "") this.#isHead = false;
      else this.#names.push("");
    }
  }

  partAt(line: number): { part: CommitPart; line: number } {
    const name = this.#names[line - 1];
    if (name === undefined || name === "") return { part: "message", line: line - this.#names.length };
    if (name.startsWith("author ")) return { part: "author", line };
    return { part: name.startsWith("committer ") ? "committer" : "header", line };
  }
}
