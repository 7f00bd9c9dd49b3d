// A long body with a Content-Encoding: what it decodes to is looked at, and what came goes out untouched or not at all.

import { InspectionRefused } from "../inspection.ts";
import { CannotDecode } from "./cannot-decode.ts";
import { AWS_CHUNKED, type ContentDecoder, openDecoder } from "./content-coding.ts";
import { type Flow, Judge, type StreamedBody } from "./flow.ts";
import { ScanWindow } from "./scan-window.ts";
import type { Settlement } from "./settle.ts";

/** Compressed bytes that wait for what they decode to; blocks are far smaller. */
const MOST_HELD_BYTES = 4 * 1024 * 1024;

/** A chunk goes when all that it decoded to may. */
export class CodedFlow implements Flow {
  readonly #window: ScanWindow;
  readonly #judge: Judge;
  readonly #push: (bytes: Buffer) => Promise<void>;
  readonly #decoder: ContentDecoder;
  readonly #settlement: Settlement;
  /** With the end of what it decoded to: a decoder may keep the last of a chunk until its block is there as a whole. */
  #held: { readonly chunk: Buffer; end: number | undefined }[] = [];
  #heldBytes = 0;

  constructor(body: StreamedBody, push: (bytes: Buffer) => Promise<void>) {
    this.#window = new ScanWindow(body.scanner, body.options);
    const coded = body.codings.includes(AWS_CHUNKED) ? "signed" : "compressed";
    this.#judge = new Judge(body, `it is in a ${coded} body that is too long to be held`);
    this.#push = push;
    this.#decoder = openDecoder(body.codings);
    this.#settlement = body.settlement;
  }

  get holdsBack(): boolean {
    return this.#held.length > 0;
  }

  async take(chunk: Buffer): Promise<void> {
    const before = this.#window.end;
    await this.#decoding(() => this.#decoder.feed(chunk, (decoded) => this.#add(decoded)));
    if (this.#window.end > before) this.#decodedAll();
    this.#held.push({ chunk, end: undefined });
    this.#heldBytes += chunk.length;
    await this.#letGo();
    if (this.#heldBytes > MOST_HELD_BYTES) throw this.#refused("too much of it decodes to nothing");
  }

  async pause(quiet: boolean): Promise<void> {
    if (!quiet && !this.#window.hasNews) return;
    await this.#look(quiet ? "all" : "pause");
    await this.#letGo();
  }

  async end(): Promise<void> {
    await this.#decoding(() => this.#decoder.end((decoded) => this.#add(decoded)));
    this.#decodedAll();
    await this.#look("all");
    await this.#letGo();
  }

  close(): void {
    this.#decoder.close();
    this.#judge.close();
  }

  async #decoding(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof CannotDecode)) throw error;
      throw this.#refused(error.message);
    }
  }

  #refused(why: string): InspectionRefused {
    return new InspectionRefused(this.#settlement.refuseUnscanned("body", why));
  }

  /** What came is within what is decoded now. */
  #decodedAll(): void {
    for (const held of this.#held) held.end ??= this.#window.end;
  }

  async #add(decoded: Buffer): Promise<void> {
    for (let at = 0; at < decoded.length;) {
      at += this.#window.add(decoded, at);
      if (this.#window.isFull) await this.#look("flow");
    }
  }

  async #look(how: "all" | "flow" | "pause"): Promise<void> {
    this.#window.release(await this.#judge.look(this.#window, how));
    this.#window.slide();
  }

  async #letGo(): Promise<void> {
    const { released } = this.#window;
    for (let [first] = this.#held; first?.end !== undefined && first.end <= released; [first] = this.#held) {
      this.#held.shift();
      this.#heldBytes -= first.chunk.length;
      await this.#push(first.chunk);
    }
  }
}
