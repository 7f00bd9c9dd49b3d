// A long body that goes out as it is: what is found in it can be replaced where it stands.

import { CannotDecode, type ContentDecoder, openDecoder } from "./content-coding.ts";
import { type Flow, Judge, type StreamedBody } from "./flow.ts";
import { ScanWindow } from "./scan-window.ts";

/** Bytes that go out as they are. A body that is a compressed file is looked into as well, as far as it can be. */
export class PlainFlow implements Flow {
  readonly #window: ScanWindow;
  readonly #judge: Judge;
  readonly #push: (bytes: Buffer) => Promise<void>;
  #inner: InnerLook | undefined;

  constructor(body: StreamedBody, push: (bytes: Buffer) => Promise<void>) {
    this.#window = new ScanWindow(body.scanner, body.options);
    this.#judge = new Judge(body);
    this.#push = push;
    const coding = compressedFile(Buffer.concat(body.chunks.slice(0, 4)));
    if (coding !== undefined) this.#inner = new InnerLook(body, coding);
  }

  get holdsBack(): boolean {
    return this.#window.released < this.#window.end;
  }

  async take(chunk: Buffer): Promise<void> {
    if (this.#inner !== undefined && !(await this.#inner.take(chunk))) this.#inner = undefined;
    for (let at = 0; at < chunk.length;) {
      at += this.#window.add(chunk, at);
      if (this.#window.isFull) await this.#look("flow");
    }
  }

  async pause(quiet: boolean): Promise<void> {
    if (quiet || this.#window.hasNews) await this.#look(quiet ? "all" : "pause");
  }

  async end(): Promise<void> {
    await this.#inner?.end();
    await this.#look("all");
  }

  close(): void {
    this.#inner?.close();
  }

  async #look(how: "all" | "flow" | "pause"): Promise<void> {
    const limit = await this.#judge.look(this.#window, how);
    await this.#push(this.#window.release(limit));
    this.#window.slide();
  }
}

/** What is in a compressed file: findings count, and where it cannot be read it is bytes like any others. */
class InnerLook {
  readonly #window: ScanWindow;
  readonly #judge: Judge;
  readonly #decoder: ContentDecoder;

  constructor(body: StreamedBody, coding: string) {
    this.#window = new ScanWindow(body.scanner, {});
    this.#judge = new Judge(body, "it is within something compressed");
    this.#decoder = openDecoder([coding]);
  }

  /** False when it cannot be read further. */
  async take(chunk: Buffer): Promise<boolean> {
    return await this.#reading(() => this.#decoder.feed(chunk, (decoded) => this.#add(decoded)));
  }

  async end(): Promise<void> {
    await this.#reading(() => this.#decoder.end((decoded) => this.#add(decoded)));
    await this.#judge.look(this.#window, "all");
  }

  close(): void {
    this.#decoder.close();
  }

  async #reading(work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      if (!(error instanceof CannotDecode)) throw error;
      await this.#judge.look(this.#window, "all");
      return false;
    }
  }

  async #add(decoded: Buffer): Promise<void> {
    for (let at = 0; at < decoded.length;) {
      at += this.#window.add(decoded, at);
      if (!this.#window.isFull) continue;
      this.#window.release(await this.#judge.look(this.#window, "flow"));
      this.#window.slide();
    }
  }
}

function compressedFile(start: Buffer): string | undefined {
  if (start[0] === 0x1f && start[1] === 0x8b) return "gzip";
  return start[0] === 0x28 && start[1] === 0xb5 && start[2] === 0x2f && start[3] === 0xfd ? "zstd" : undefined;
}
