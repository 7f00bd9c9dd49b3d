// A real terminal for the end-to-end tests: one tmux server per test, driven by keys and read as text.

import { randomBytes } from "node:crypto";

import { execa } from "execa";
import { vi } from "vitest";

export interface Tmux {
  /** Types each key in tmux's own spelling: "a", "Enter", "C-]". */
  keys(...keys: string[]): Promise<void>;
  /** Types `text` as it stands. */
  type(text: string): Promise<void>;
  screen(): Promise<string>;
  /** The screen once it holds `wanted`; fails with the last screen. */
  see(wanted: string | RegExp, timeoutMs?: number): Promise<string>;
  /** The screen once it no longer holds `unwanted`. */
  gone(unwanted: string | RegExp, timeoutMs?: number): Promise<string>;
  resize(columns: number, rows: number): Promise<void>;
  /** The command's exit status once it ended. */
  exited(): Promise<number>;
  /** The process id of the command that runs in the pane. */
  pid(): Promise<number>;
  /** Runs another command in the same, now dead, pane. */
  run(command: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

export interface TmuxOptions {
  readonly command: readonly string[];
  readonly columns: number;
  readonly rows: number;
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}

export async function openTmux({ command, columns, rows, env, cwd }: TmuxOptions): Promise<Tmux> {
  const server = `bottle-${process.pid}-${randomBytes(4).toString("hex")}`;
  const tmux = async (...args: string[]): Promise<string> =>
    (await execa("tmux", ["-L", server, "-f", "/dev/null", ...args])).stdout;
  const settings = Object.entries(env).flatMap(([name, value]) => ["-e", `${name}=${value}`]);
  const size = ["-x", String(columns), "-y", String(rows)];
  // One call: a command that ends at once would else be gone before its screen is kept.
  const keep = "; set -g remain-on-exit on ; set -g status off ; set -g escape-time 0".split(" ");
  await tmux("new-session", "-d", ...size, "-c", cwd, ...settings, "-s", "main", "--", ...holding(command), ...keep);
  await tmux("resize-window", "-t", "main", "-x", String(columns), "-y", String(rows));

  const screen = (): Promise<string> => tmux("capture-pane", "-p", "-t", "main");
  const until = async (holds: (text: string) => boolean, what: string, timeout: number): Promise<string> => {
    let last = "";
    await vi
      .waitFor(
        async () => {
          last = await screen();
          if (!holds(last)) throw new Error("not yet");
        },
        { timeout, interval: 50 },
      )
      .catch(() => {
        throw new Error(`the screen never ${what}; it shows:\n${last}`);
      });
    return last;
  };
  const holds = (text: string, wanted: string | RegExp): boolean =>
    typeof wanted === "string" ? text.includes(wanted) : wanted.test(text);

  return {
    keys: async (...keys) => void (await tmux("send-keys", "-t", "main", ...keys)),
    type: async (text) => void (await tmux("send-keys", "-t", "main", "-l", "--", text)),
    screen,
    see: (wanted, timeout = 20_000) => until((text) => holds(text, wanted), `showed ${String(wanted)}`, timeout),
    gone: (unwanted, timeout = 20_000) => until((text) => !holds(text, unwanted), `lost ${String(unwanted)}`, timeout),
    resize: async (toColumns, toRows) =>
      void (await tmux("resize-window", "-t", "main", "-x", String(toColumns), "-y", String(toRows))),
    async exited() {
      let status = "";
      await vi.waitFor(
        async () => {
          status = await tmux("display-message", "-p", "-t", "main", "#{pane_dead}:#{pane_dead_status}");
          if (!status.startsWith("1:")) throw new Error("still running");
        },
        { timeout: 20_000, interval: 50 },
      );
      return Number(status.slice(2));
    },
    pid: async () => Number(await tmux("display-message", "-p", "-t", "main", "#{pane_pid}")),
    run: async (next) =>
      void (await tmux("respawn-pane", "-t", "main", "-c", cwd, ...settings, "--", ...holding(next))),
    close: async () => void (await tmux("kill-server").catch(() => {})),
  };
}

/** tmux joins its arguments for a shell unless there are several: a lone one is made two. */
function holding(command: readonly string[]): readonly string[] {
  return command.length > 1 ? command : ["env", ...command];
}
