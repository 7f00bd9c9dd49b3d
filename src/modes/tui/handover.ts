// Gives the terminal to somebody else for a while, an agent, an editor or the shell, and takes it back as it was.

import { once } from "node:events";
import { setImmediate as turn, setTimeout as delay } from "node:timers/promises";

import type { InkApp } from "./app.tsx";
import type { KeyStream } from "./key-stream.ts";

export class Handover {
  readonly #keys: KeyStream;
  readonly #returned: () => void;
  #ink: InkApp | undefined;
  #away = false;

  /** `returned` is called when the terminal is ours again, before anything is drawn. */
  constructor(keys: KeyStream, returned: () => void) {
    this.#keys = keys;
    this.#returned = returned;
  }

  readonly ready = (ink: InkApp): void => {
    this.#ink = ink;
  };

  /** Somebody else has the terminal: nothing may be written to it. */
  get away(): boolean {
    return this.#away;
  }

  /** The terminal is `work`'s alone until it is done. Does nothing while it is given away already. */
  async during(work: () => Promise<void>): Promise<void> {
    if (this.#ink === undefined || this.#away) return;
    this.#away = true;
    try {
      await this.#ink.suspendTerminal(async () => {
        this.#keys.release();
        await turn();
        try {
          await work();
        } finally {
          this.#keys.open();
          this.#returned();
        }
      });
    } finally {
      this.#away = false;
    }
  }

  /** Ctrl-Z: the whole job sleeps, as a shell expects it; SIGCONT brings it back. */
  sleep(): Promise<void> {
    return this.during(async () => {
      const woken = once(process, "SIGCONT");
      const handlers = process.listeners("SIGTSTP");
      process.removeAllListeners("SIGTSTP");
      process.kill(0, "SIGTSTP");
      // Where no shell waits for the job, the kernel drops the signal and nobody sends SIGCONT.
      await Promise.race([woken, delay(NOT_STOPPED_MS)]);
      for (const handler of handlers) process.on("SIGTSTP", handler);
    });
  }
}

const NOT_STOPPED_MS = 150;
