// Log lines as sidecars and agents write them, from a process of its own: at a steady rate, or all at once.

import { spawn } from "node:child_process";
import { join } from "node:path";

export interface FloodOptions {
  readonly root: string;
  readonly slugs: readonly string[];
  /** Of all bottles together. */
  readonly linesPerSecond: number;
}

export interface Flood {
  stop(): Promise<void>;
}

export function startFlood(options: FloodOptions): Flood {
  const child = spawn(process.execPath, [join(import.meta.dirname, "flood-writer.ts"), JSON.stringify(options)], {
    stdio: ["pipe", "inherit", "inherit"],
  });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  return {
    stop() {
      child.stdin.end();
      return ended;
    },
  };
}
