// Reads what `git cat-file --batch` prints, in any pieces: objects of any size, of which nothing is kept.

interface ObjectReader {
  object(id: string, type: string, bytes: number): void;
  /** Of the object before; valid during the call. */
  data(bytes: Buffer): void;
  end(): void;
}

const LF = 0x0a;
const HEAD = /^([0-9a-f]{40,64}) (commit|tag|blob|tree) (\d+)$/;
const LONGEST_HEAD = 256;

/** Throws when an object is missing, or it is no such output. */
export class BatchParser {
  readonly #reader: ObjectReader;
  #head = "";
  /** Of the object that is being read; -1 is the line end behind it. */
  #left: number | undefined;

  constructor(reader: ObjectReader) {
    this.#reader = reader;
  }

  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) at = this.#left === undefined ? this.#readHead(chunk, at) : this.#readData(chunk, at);
  }

  end(): void {
    if (this.#left !== undefined || this.#head !== "") throw new Error("git's objects end within one");
  }

  #readHead(chunk: Buffer, at: number): number {
    const end = chunk.indexOf(LF, at);
    this.#head += chunk.toString("latin1", at, Math.min(end < 0 ? chunk.length : end, at + LONGEST_HEAD));
    if (end < 0 && this.#head.length < LONGEST_HEAD) return chunk.length;
    const head = HEAD.exec(this.#head);
    if (head === null) throw new Error(`git cannot read an object: ${this.#head.slice(0, LONGEST_HEAD)}`);
    this.#head = "";
    this.#left = Number(head[3]);
    this.#reader.object(head[1]!, head[2]!, this.#left);
    return end + 1;
  }

  #readData(chunk: Buffer, at: number): number {
    const left = this.#left!;
    const data = chunk.subarray(at, at + left);
    if (data.length > 0) this.#reader.data(data);
    this.#left = left - data.length;
    const end = at + data.length;
    if (this.#left > 0 || end === chunk.length) return end;
    if (chunk[end] !== LF) throw new Error("git's objects are longer than they say");
    this.#left = undefined;
    this.#reader.end();
    return end + 1;
  }
}
