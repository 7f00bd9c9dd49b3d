// Reads what `git diff-tree --stdin --cc -p --full-index` prints, in any pieces, and tells what it adds.
//
// The content of a file cannot be taken for anything else: each of its lines begins with `+`, `-`, a space or a backslash, and
// no line of the frame does, but for `---` and `+++`, which stand only before the first hunk of a file. Paths with anything
// unusual in them are quoted by git. Of content nothing is kept: a line may be as long as it likes.

import { unquotePath } from "./quoted-path.ts";

export interface PatchReader {
  /** All that follows belongs to it. */
  commit(id: string): void;
  /** A file that is there after the commit and not before, or not so. */
  file(path: Buffer): void;
  /** Its content is not in the patch: it is no text, or too large. */
  blob(path: Buffer, id: string): void;
  /** The next bytes begin this line of the file. */
  at(line: number): void;
  /** Added bytes, in the order of the file, with their line ends; valid during the call. */
  added(bytes: Buffer): void;
  /** The same of lines around them, which were there before. */
  kept(bytes: Buffer): void;
}

/** Longer ones cannot be told to people either, and git for one refuses to check them out. */
const LONGEST_FRAME_LINE = 1024 * 1024;

const LF = 0x0a;
const SPACE = 0x20;
const PLUS = 0x2b;
const MINUS = 0x2d;
const BACKSLASH = 0x5c;

const COMMIT = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/;
const HUNK = /^(@@+) .*?\+(\d+)(?:,\d+)? \1/;
const INDEX = /^index [0-9a-f,]+\.\.([0-9a-f]+)/;
const NO_OBJECT = /^0+$/;

/** Before the first file of a commit; in the head of one; in its hunks. */
type Frame = "outside" | "head" | "hunk";

/** Throws when it is no such patch: then nothing is known of what comes. */
export class PatchParser {
  readonly #reader: PatchReader;
  #frame: Frame = "outside";
  /** What is known of a line that is not whole yet, unless it is content. */
  #pending: Buffer[] = [];
  #pendingLength = 0;

  // Of the file.
  #path: Buffer | undefined;
  #blob = "";
  #isDeleted = false;
  #isTold = false;

  // Of the hunk: signs before each line, the number of the next line of the file, and where an added one would go on.
  #signs = 1;
  #line = 0;
  #goesOn = -1;

  // Of the line of content that is being read.
  #signsRead = 0;
  #content: "signs" | "added" | "kept" | "passed" | undefined;
  #isAdded = true;
  #isRemoved = false;

  constructor(reader: PatchReader) {
    this.#reader = reader;
  }

  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) at = this.#content === undefined ? this.#begin(chunk, at) : this.#goOn(chunk, at);
  }

  /** Throws when the patch was cut. */
  end(): void {
    if (this.#pendingLength > 0 || this.#content !== undefined) throw new Error("git's patch ends within a line");
    this.#endFile();
  }

  #begin(chunk: Buffer, at: number): number {
    if (this.#frame === "hunk" && this.#pendingLength === 0 && isContent(chunk[at]!)) {
      this.#content = chunk[at] === BACKSLASH ? "passed" : "signs";
      this.#signsRead = 0;
      this.#isAdded = true;
      this.#isRemoved = false;
      return at;
    }
    const end = chunk.indexOf(LF, at);
    const part = chunk.subarray(at, end < 0 ? chunk.length : end);
    this.#pendingLength += part.length;
    if (this.#pendingLength > LONGEST_FRAME_LINE) throw new Error("a path is too long to be looked at");
    if (end < 0) {
      this.#pending.push(Buffer.from(part));
      return chunk.length;
    }
    const line = this.#pending.length === 0 ? part : Buffer.concat([...this.#pending, part]);
    this.#pending = [];
    this.#pendingLength = 0;
    this.#frameLine(line);
    return end + 1;
  }

  #goOn(chunk: Buffer, from: number): number {
    let at = from;
    if (this.#content === "signs") {
      while (this.#signsRead < this.#signs && at < chunk.length) {
        const sign = chunk[at]!;
        if (sign !== PLUS && sign !== MINUS && sign !== SPACE)
          throw new Error("git's patch has a line without its signs");
        this.#isAdded &&= sign === PLUS;
        this.#isRemoved ||= sign === MINUS;
        this.#signsRead += 1;
        at += 1;
      }
      if (this.#signsRead < this.#signs) return at;
      this.#beginContent();
      if (at === chunk.length) return at;
    }
    const end = chunk.indexOf(LF, at);
    const next = end < 0 ? chunk.length : end + 1;
    if (this.#content === "added") this.#reader.added(chunk.subarray(at, next));
    if (this.#content === "kept") this.#reader.kept(chunk.subarray(at, next));
    if (end >= 0) this.#content = undefined;
    return next;
  }

  #beginContent(): void {
    this.#content = this.#isRemoved ? "passed" : this.#isAdded ? "added" : "kept";
    if (this.#isRemoved) return;
    if (this.#goesOn !== this.#line) this.#reader.at(this.#line);
    this.#line += 1;
    this.#goesOn = this.#line;
  }

  #frameLine(bytes: Buffer): void {
    const text = bytes.toString("latin1");
    if (text.startsWith("diff --")) return this.#beginFile(bytes, text);
    if (COMMIT.test(text)) {
      this.#endFile();
      this.#frame = "outside";
      return this.#reader.commit(text);
    }
    if (this.#frame !== "outside" && text.startsWith("@@")) return this.#beginHunk(text);
    if (this.#frame !== "head") throw new Error("git's patch has a line that belongs nowhere");
    this.#headLine(bytes, text);
  }

  #beginFile(bytes: Buffer, text: string): void {
    this.#endFile();
    this.#frame = "head";
    this.#isTold = false;
    this.#isDeleted = false;
    this.#blob = "";
    this.#path = text.startsWith("diff --git ")
      ? bothTheSame(bytes.subarray("diff --git ".length))
      : unquotePath(bytes.subarray(text.indexOf(" ", "diff --".length) + 1));
  }

  #headLine(bytes: Buffer, text: string): void {
    if (text.startsWith("rename to ")) this.#path = unquotePath(bytes.subarray("rename to ".length));
    else if (text.startsWith("copy to ")) this.#path = unquotePath(bytes.subarray("copy to ".length));
    else if (text.startsWith("deleted file mode ")) this.#isDeleted = true;
    else if (text.startsWith("index ")) this.#blob = INDEX.exec(text)?.[1] ?? "";
    else if (text.startsWith("Binary files ")) {
      this.#tell();
      if (this.#isDeleted || NO_OBJECT.test(this.#blob)) return;
      if (this.#blob === "") throw new Error("git's patch names no object for a file");
      this.#reader.blob(this.#path!, this.#blob);
    }
  }

  #beginHunk(text: string): void {
    const hunk = HUNK.exec(text);
    if (hunk === null) throw new Error("git's patch has a hunk without its place");
    this.#tell();
    this.#frame = "hunk";
    this.#signs = hunk[1]!.length - 1;
    this.#line = Number(hunk[2]);
    this.#goesOn = -1;
  }

  #endFile(): void {
    if (this.#frame === "head") this.#tell();
  }

  #tell(): void {
    if (this.#isTold || this.#isDeleted) return;
    if (this.#path === undefined) throw new Error("git's patch names no path for a file");
    this.#isTold = true;
    this.#reader.file(this.#path);
  }
}

function isContent(byte: number): boolean {
  return byte === PLUS || byte === MINUS || byte === SPACE || byte === BACKSLASH;
}

/** `a/x b/x`; of a renamed file the two differ, and a line of its own says the new one. */
function bothTheSame(names: Buffer): Buffer | undefined {
  const half = (names.length - 1) / 2;
  if (!Number.isInteger(half) || names[half] !== SPACE) return undefined;
  const [first, second] = [names.subarray(0, half), names.subarray(half + 1)].map(unquotePath);
  const path = second!.subarray("b/".length);
  return first!.subarray("a/".length).equals(path) ? path : undefined;
}
