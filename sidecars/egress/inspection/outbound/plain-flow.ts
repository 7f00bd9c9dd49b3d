// A long body that goes out as it is: what is found in it can be replaced where it stands.

import { type Flow, Judge, type StreamedBody } from "./flow.ts";
import { ScanWindow } from "./scan-window.ts";

export class PlainFlow implements Flow {
  readonly #window: ScanWindow;
  readonly #judge: Judge;
  readonly #push: (bytes: Buffer) => Promise<void>;

  constructor(body: StreamedBody, push: (bytes: Buffer) => Promise<void>) {
    this.#window = new ScanWindow(body.scanner, body.options);
    this.#judge = new Judge(body);
    this.#push = push;
  }

  get holdsBack(): boolean {
    return this.#window.released < this.#window.end;
  }

  async take(chunk: Buffer): Promise<void> {
    for (let at = 0; at < chunk.length;) {
      at += this.#window.add(chunk, at);
      if (this.#window.isFull) await this.#look("flow");
    }
  }

  async pause(quiet: boolean): Promise<void> {
    if (quiet || this.#window.hasNews) await this.#look(quiet ? "all" : "pause");
  }

  async end(): Promise<void> {
    await this.#look("all");
  }

  close(): void {
    this.#judge.close();
  }

  async #look(how: "all" | "flow" | "pause"): Promise<void> {
    const limit = await this.#judge.look(this.#window, how);
    await this.#push(this.#window.release(limit));
    this.#window.slide();
  }
}
