// Stands between the operator's keyboard and Ink: one key at a time, so that nothing typed fast is taken for a paste,
// and off altogether while somebody else has the terminal.

import { EventEmitter } from "node:events";
import { StringDecoder } from "node:string_decoder";

const PASTE_END = "\u001b[201~";

// In this order: a whole paste, a control sequence, an escaped character, a lone control, a run of characters.
const PIECES =
  // oxlint-disable-next-line no-control-regex -- keys are controls
  /\u001b\[200~[\s\S]*?(?:\u001b\[201~|$)|\u001b\u001b?(?:\[\[?[0-?]*[ -/]*[@-~]?|O[0-9;]*[@-~]?)|\u001b[^\u001b]|\u001b|[\u0000-\u001a\u001c-\u001f\u007f]|[^\u0000-\u001f\u007f]+/gu;

/** What Ink uses of a terminal's input. */
export class KeyStream extends EventEmitter {
  readonly isTTY: boolean;
  #keys: string[] = [];
  #paste = "";
  #scheduled = false;
  #handed = false;
  #given = false;
  readonly #source: NodeJS.ReadStream;
  readonly #decoder = new StringDecoder("utf8");
  readonly #take = (chunk: Buffer | string): void =>
    this.#receive(typeof chunk === "string" ? chunk : this.#decoder.write(chunk));

  constructor(source: NodeJS.ReadStream) {
    super();
    this.#source = source;
    this.isTTY = source.isTTY;
  }

  /** Starts, or takes the keyboard back. */
  open(): void {
    this.#handed = false;
    this.#source.on("data", this.#take);
    this.#source.resume();
  }

  /** Lets go of the keyboard: what is typed from now on is for whoever has the terminal. */
  release(): void {
    this.#handed = true;
    this.#source.off("data", this.#take);
    this.#source.pause();
    this.#keys = [];
    this.#paste = "";
  }

  /** Ink reads until it gets null: after each key it does, so that the next key finds the screen that this one made. */
  read(): string | null {
    if (this.#given) {
      this.#given = false;
      if (this.#keys.length > 0) this.#announce();
      return null;
    }
    const key = this.#keys.shift() ?? null;
    this.#given = key !== null;
    return key;
  }

  setRawMode(raw: boolean): this {
    if (!this.#handed && this.isTTY) this.#source.setRawMode(raw);
    return this;
  }

  setEncoding(): this {
    return this;
  }

  ref(): this {
    this.#source.ref();
    return this;
  }

  unref(): this {
    this.#source.unref();
    return this;
  }

  #receive(chunk: string): void {
    const text = this.#paste + chunk;
    this.#paste = "";
    for (const [piece] of text.matchAll(PIECES)) {
      if (piece.startsWith("\u001b[200~") && !piece.endsWith(PASTE_END)) this.#paste = piece;
      else this.#keys.push(piece);
    }
    if (this.#keys.length > 0) this.#announce();
  }

  #announce(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.emit("readable");
    });
  }
}
