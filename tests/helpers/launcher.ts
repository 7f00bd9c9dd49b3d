// A launcher as a process of its own, so that tests can kill it, or run it as another user.
// As a program: node tests/helpers/launcher.ts '<LauncherOrder as JSON>'; prints each step and then the end as JSON lines, and stays.

import { spawn, type ChildProcess } from "node:child_process";
import { join } from "node:path";

import { dockerBackend } from "#backends/docker/index.ts";
import { localBackend } from "#backends/local/index.ts";
import type { BottleSpec, LaunchStep } from "#contracts/backend.ts";
import type { Isolation } from "#domain/fleet/isolation.ts";
import { splitLines } from "#lib/lines.ts";

export interface LauncherOrder {
  readonly root: string;
  /** Of the local backend, or "docker". */
  readonly mechanism: string;
  readonly spec: BottleSpec;
}
export type LauncherLine =
  | LaunchStep
  | { readonly type: "end"; readonly error: string | null; readonly isolation: Isolation | null };

export interface Launcher {
  readonly process: ChildProcess;
  readonly lines: LauncherLine[];
  /** The next time that a line fulfils `wanted`, or one that came already. */
  line(wanted: (line: LauncherLine) => boolean): Promise<LauncherLine>;
  readonly exited: Promise<void>;
}

/** `as`: a uid to run it as, without any group or privilege; `env` is the whole environment then. `within`: words before. */
export function startLauncher(
  order: LauncherOrder,
  { as, env, within = [] }: { as?: number; env?: Record<string, string>; within?: readonly string[] } = {},
): Launcher {
  const own = [process.execPath, import.meta.filename, JSON.stringify(order)];
  const dropped =
    as === undefined ? [] : ["setpriv", "--reuid", `${as}`, "--regid", `${as}`, "--clear-groups", "--inh-caps=-all"];
  const [file = "", ...args] = [...dropped, ...within, ...own];
  const child = spawn(file, args, {
    cwd: join(import.meta.dirname, "..", ".."),
    stdio: ["ignore", "pipe", "inherit"],
    env: env ?? process.env,
  });
  const lines: LauncherLine[] = [];
  const waiting = new Set<() => void>();
  const splitter = splitLines((text) => {
    lines.push(JSON.parse(text) as LauncherLine);
    for (const look of waiting) look();
  });
  child.stdout.on("data", (chunk: Buffer) => splitter.push(chunk));
  return {
    process: child,
    lines,
    line: (wanted) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = lines.find(wanted);
          if (found === undefined) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        child.once("exit", () => reject(new Error(`the launcher ended: ${JSON.stringify(lines.at(-1))}`)));
        look();
      }),
    exited: new Promise((resolve) => child.once("exit", () => resolve())),
  };
}

if (import.meta.main) {
  const { root, mechanism, spec } = JSON.parse(process.argv[2] ?? "") as LauncherOrder;
  const print = (line: LauncherLine): void => void process.stdout.write(`${JSON.stringify(line)}\n`);
  const backend =
    mechanism === "docker" ? dockerBackend({ root, env: process.env }) : localBackend({ root, mechanism });
  try {
    const bottle = await backend.launch(await backend.plan(spec), print, new AbortController().signal);
    print({ type: "end", error: null, isolation: await bottle.isolation() });
  } catch (error) {
    print({ type: "end", error: error instanceof Error ? error.message : String(error), isolation: null });
  }
  setInterval(() => {}, 1 << 30);
}
