// A program in a real pseudo-terminal, with an emulator that knows what stands on its screen after each write.

import { spawn } from "@lydell/node-pty";
import xterm, { type Terminal } from "@xterm/headless";

export interface TerminalProgram {
  readonly pid: number;
  /** Bytes written so far. */
  bytes(): number;
  /** Times that a whole frame was written: ends of synchronised updates, else writes. */
  frames(): number;
  lines(): string[];
  /** What stands in each cell, with its colours. */
  readonly screen: Terminal;
  press(keys: string): void;
  /** `performance.now()` of the write after which `holds` was true of the screen's lines. Rejects after `limitMs` with the screen. */
  until(holds: (lines: string[]) => boolean, what: string, limitMs?: number): Promise<number>;
  /** Ends it, with force if it must be. */
  close(): Promise<void>;
}

export interface TerminalProgramOptions {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cols: number;
  readonly rows: number;
}

const END_OF_FRAME = "\u001B[?2026l";

export function openTerminalProgram({ args, env, cols, rows }: TerminalProgramOptions): TerminalProgram {
  const screen = new xterm.Terminal({ cols, rows, allowProposedApi: true, scrollback: 0 });
  const program = spawn(process.execPath, [...args], { cols, rows, env: { ...env, TERM: "xterm-256color" } });
  const waiting = new Set<(at: number) => void>();
  let bytes = 0;
  let frames = 0;
  let ended = false;
  const gone = Promise.withResolvers<void>();
  program.onData((data) => {
    const at = performance.now();
    bytes += Buffer.byteLength(data);
    frames += data.split(END_OF_FRAME).length - 1;
    screen.write(data, () => waiting.forEach((look) => look(at)));
  });
  screen.onData((answer) => !ended && program.write(answer)); // the terminal's own answers, to questions about itself
  program.onExit(() => {
    ended = true;
    gone.resolve();
  });
  const lines = (): string[] => {
    const { active } = screen.buffer;
    return Array.from({ length: rows }, (_, row) => active.getLine(active.baseY + row)?.translateToString(true) ?? "");
  };
  return {
    pid: program.pid,
    bytes: () => bytes,
    frames: () => frames,
    lines,
    screen,
    press: (keys) => program.write(keys),
    until: (holds, what, limitMs = 20_000) =>
      new Promise((resolve, reject) => {
        const look = (at: number): void => {
          if (!holds(lines())) return;
          stop();
          resolve(at);
        };
        const fail = (why: string): void => {
          stop();
          reject(new Error(`${what}: ${why}; the screen:\n${lines().join("\n").trimEnd()}`));
        };
        const timer = setTimeout(() => fail(`not within ${limitMs} ms`), limitMs);
        const stop = (): void => {
          clearTimeout(timer);
          waiting.delete(look);
        };
        void gone.promise.then(() => waiting.has(look) && fail("the program ended"));
        waiting.add(look);
        look(performance.now());
      }),
    async close() {
      if (!ended) program.kill("SIGTERM");
      const timer = setTimeout(() => !ended && program.kill("SIGKILL"), 3000);
      await gone.promise;
      clearTimeout(timer);
      screen.dispose();
    },
  };
}
