// A program in a real pseudo-terminal, read as a person reads it: through a terminal emulator. Waits for text, never sleeps.

import xterm from "@xterm/headless";
import * as pty from "@lydell/node-pty";

export interface PtyScreenOptions {
  readonly file: string;
  readonly args: readonly string[];
  readonly cols?: number;
  readonly rows?: number;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

export interface PtyScreen {
  readonly pid: number;
  /** The visible rows, without the spaces at their ends. */
  text(): string;
  rows(): string[];
  /** Everything that the program wrote, as it came. */
  raw(): string;
  type(keys: string): void;
  resize(cols: number, rows: number): void;
  /** Until the screen shows `wanted`; fails with the screen when it does not in time. */
  waitFor(wanted: string | RegExp, timeoutMs?: number): Promise<void>;
  waitUntil(check: () => boolean, what: string, timeoutMs?: number): Promise<void>;
  /** Until nothing was written for `quietMs`. */
  idle(quietMs?: number): Promise<void>;
  /** The exit code. */
  readonly exited: Promise<number>;
  readonly alternate: boolean;
  /** The foreground colours and attributes of the cell, for tests of colours. */
  cell(
    x: number,
    y: number,
  ): { readonly text: string; readonly bold: boolean; readonly inverse: boolean; readonly color: number };
  signal(name: string): void;
  /** Ends the program when it still runs. */
  close(): Promise<void>;
}

export function openPtyScreen(options: PtyScreenOptions): PtyScreen {
  const { file, args, cols = 80, rows = 24, cwd = process.cwd(), env = {} } = options;
  const terminal = new xterm.Terminal({ cols, rows, allowProposedApi: true, scrollback: 0, logLevel: "off" });
  const child = pty.spawn(file, [...args], {
    name: "xterm-256color",
    cols,
    rows,
    cwd,
    env: { ...process.env, ...env },
  });
  let raw = "";
  let running = true;
  const watchers = new Set<() => void>();
  const changed = (): void => {
    for (const watcher of watchers) watcher();
  };
  child.onData((data) => {
    raw += data;
    terminal.write(data, changed);
  });
  // As a real terminal, it answers what the program asks of it.
  terminal.onData((answer) => running && child.write(answer));
  const exited = new Promise<number>((resolve) => {
    child.onExit(({ exitCode }) => {
      running = false;
      terminal.write("", () => {
        changed();
        resolve(exitCode);
      });
    });
  });

  const readRows = (): string[] => {
    const { active } = terminal.buffer;
    return Array.from(
      { length: terminal.rows },
      (_, index) =>
        active
          .getLine(active.baseY + index)
          ?.translateToString(true)
          .trimEnd() ?? "",
    );
  };
  const text = (): string => readRows().join("\n");
  const waitUntil = (check: () => boolean, what: string, timeoutMs = 10_000): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (!check()) return;
        stop();
        resolve();
      };
      const stop = (): void => {
        clearTimeout(timer);
        watchers.delete(look);
      };
      const timer = setTimeout(() => {
        stop();
        reject(new Error(`${what} did not come within ${timeoutMs} ms; the screen shows:\n${text()}`));
      }, timeoutMs);
      watchers.add(look);
      look();
    });

  return {
    pid: child.pid,
    text,
    rows: readRows,
    raw: () => raw,
    type: (keys) => child.write(keys),
    resize(nextCols, nextRows) {
      terminal.resize(nextCols, nextRows);
      child.resize(nextCols, nextRows);
    },
    waitFor: (wanted, timeoutMs) =>
      waitUntil(
        () => (typeof wanted === "string" ? text().includes(wanted) : wanted.test(text())),
        String(wanted),
        timeoutMs,
      ),
    waitUntil,
    idle: (quietMs = 150) =>
      new Promise((resolve) => {
        const done = (): void => {
          watchers.delete(again);
          resolve();
        };
        let timer = setTimeout(done, quietMs);
        const again = (): void => {
          clearTimeout(timer);
          timer = setTimeout(done, quietMs);
        };
        watchers.add(again);
      }),
    exited,
    get alternate() {
      return terminal.buffer.active.type === "alternate";
    },
    cell(x, y) {
      const { active } = terminal.buffer;
      const cell = active.getLine(active.baseY + y)?.getCell(x);
      return {
        text: cell?.getChars() ?? "",
        bold: Boolean(cell?.isBold()),
        inverse: Boolean(cell?.isInverse()),
        color: cell === undefined || cell.isFgDefault() ? -1 : cell.getFgColor(),
      };
    },
    signal: (name) => child.kill(name),
    async close() {
      if (running) child.kill("SIGKILL");
      await exited;
      terminal.dispose();
    },
  };
}
