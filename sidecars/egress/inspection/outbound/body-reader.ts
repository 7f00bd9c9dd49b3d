// A request's body, read when somebody wants more of it: nothing flows by itself, so that whoever reads slowly holds the
// client back.

import type { Readable } from "node:stream";

/** The client left, or broke its body off. */
export class BodyBroken extends Error {
  override readonly name = "BodyBroken";
}

export class BodyReader {
  readonly #body: Readable;
  #ended = false;
  #failed: BodyBroken | undefined;
  #wake: (() => void) | undefined;
  /** Something happened since the last read. */
  #changed = false;

  constructor(body: Readable) {
    this.#body = body;
    const wake = (): void => {
      this.#changed = true;
      this.#wake?.();
    };
    const broken = (): void => {
      if (!this.#ended) this.#failed ??= new BodyBroken("the client broke its request off");
      wake();
    };
    body.on("readable", wake);
    body.on("error", broken);
    body.on("close", broken);
    body.on("end", () => {
      this.#ended = true;
      wake();
    });
    if (body.readableEnded) this.#ended = true;
    else if (body.destroyed) broken();
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** What is there; null when there is nothing yet, or nothing more. Throws BodyBroken. */
  read(): Buffer | null {
    const chunk = this.#ended ? null : (this.#body.read() as Buffer | string | null);
    if (chunk === null && this.#failed !== undefined) throw this.#failed;
    this.#changed = chunk !== null;
    return typeof chunk === "string" ? Buffer.from(chunk) : chunk;
  }

  /** Resolves when something changed, or after `ms`; whether it changed. */
  wait(ms: number): Promise<boolean> {
    if (this.#changed || this.#ended || this.#failed !== undefined) return Promise.resolve(true);
    return new Promise((resolve) => {
      const timer = ms === Infinity ? undefined : setTimeout(() => settle(false), ms);
      const settle = (changed: boolean): void => {
        clearTimeout(timer);
        this.#wake = undefined;
        resolve(changed);
      };
      this.#wake = () => settle(true);
    });
  }
}

/** The body as far as it came: all of it when it ended within `patience` ms and before `takes` says that it is too much. */
export async function collect(
  reader: BodyReader,
  patience: number,
  takes: (bytes: number) => boolean,
): Promise<{ readonly whole: boolean; readonly chunks: readonly Buffer[] }> {
  const chunks: Buffer[] = [];
  const end = performance.now() + patience;
  for (;;) {
    const chunk = reader.read();
    if (chunk !== null) {
      chunks.push(chunk);
      if (!takes(chunk.length)) return { whole: false, chunks };
    } else if (reader.ended) return { whole: true, chunks };
    else {
      const left = end - performance.now();
      if (left <= 0) return { whole: false, chunks };
      await reader.wait(left);
    }
  }
}
