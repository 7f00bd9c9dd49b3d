// Finds folders with nothing in them in what `git diff-tree --stdin -r -t -c --raw` prints. Git itself never makes one, and
// no patch shows it; but it has a name, and so have the folders above it.

import { unquotePath } from "./quoted-path.ts";

const LF = 0x0a;
const COMMIT = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/;
/** Of what there is after the commit; in SHA-1 and in SHA-256. */
const EMPTY =
  /^:[^\t]* (?:4b825dc642cb6eb9a060e54bf8d69288fbee4904|6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321) [A-Z]+\d*\t/;
const LONGEST_LINE = 1024 * 1024;

export class EmptyFolders {
  readonly #found: (commit: string, path: Buffer) => void;
  #commit = "";
  #rest: Buffer = Buffer.alloc(0);

  constructor(found: (commit: string, path: Buffer) => void) {
    this.#found = found;
  }

  /** Throws when it is no such list. */
  push(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    for (let end = bytes.indexOf(LF); end >= 0; end = bytes.indexOf(LF, at)) {
      this.#line(bytes.subarray(at, end));
      at = end + 1;
    }
    this.#rest = Buffer.from(bytes.subarray(at));
    if (this.#rest.length > LONGEST_LINE) throw new Error("a path is too long to be looked at");
  }

  /** Throws when the list was cut. */
  end(): void {
    if (this.#rest.length > 0) throw new Error("git's list ends within a line");
  }

  #line(line: Buffer): void {
    const text = line.toString("latin1");
    if (COMMIT.test(text)) this.#commit = text;
    else if (!text.startsWith(":")) throw new Error("git's list has a line that belongs nowhere");
    else if (EMPTY.test(text)) this.#found(this.#commit, unquotePath(line.subarray(text.lastIndexOf("\t") + 1)));
  }
}
