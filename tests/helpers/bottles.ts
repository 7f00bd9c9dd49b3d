// Bottles for tests: a root folder of their own, specs with sensible parts, readers of terminals, and an end for all.

import { chownSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import headless from "@xterm/headless";
import { expect, vi } from "vitest";

import type { Backend, Bottle, BottleSpec, LaunchStep, Terminal } from "#contracts/backend.ts";
import { INSIDE } from "#domain/boot/protocol.ts";
import type { ShellEvent } from "#domain/guest-agent/protocol.ts";
import { bottlePaths } from "#lib/paths.ts";

export interface Bottles {
  readonly root: string;
  readonly backend: Backend;
  /** A slug with its state folder as core makes it before a launch. */
  prepare(name?: string): string;
  launch(spec: Partial<BottleSpec> & { slug?: string }, options?: LaunchOptions): Promise<Bottle>;
  /** Removes every bottle and then the root folder. */
  end(): Promise<void>;
}

export interface LaunchOptions {
  readonly backend?: Backend;
  readonly progress?: (step: LaunchStep) => void;
  readonly signal?: AbortSignal;
}

let count = 0;

export function newBottles(makeBackend: (root: string) => Backend, { owner }: { owner?: number } = {}): Bottles {
  const root = mkdtempSync(join(tmpdir(), "bottles-"));
  if (owner !== undefined) chownSync(root, owner, owner);
  const backend = makeBackend(root);
  const bottles: Bottles = {
    root,
    backend,
    prepare(name = "test") {
      count += 1;
      const slug = `${name}-${process.pid}-${count}`;
      prepareState(root, slug, backend.name, owner);
      return slug;
    },
    async launch(
      partial,
      { backend: other = backend, progress = () => {}, signal = new AbortController().signal } = {},
    ) {
      const plan = await other.plan(specOf({ ...partial, slug: partial.slug ?? bottles.prepare() }));
      return other.launch(plan, progress, signal);
    },
    async end() {
      for (const slug of readdirSync(join(root, "state"), { withFileTypes: true }))
        await backend.open(slug.name).remove();
      rmSync(root, { recursive: true, force: true });
    },
  };
  mkdirSync(join(root, "state"), { recursive: true, mode: 0o700 });
  if (owner !== undefined) chownSync(join(root, "state"), owner, owner);
  return bottles;
}

function prepareState(root: string, slug: string, backend: string, owner?: number): void {
  const paths = bottlePaths(root, slug);
  for (const folder of [paths.state, paths.egress.dir]) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (owner !== undefined) chownSync(folder, owner, owner);
  }
  const metadata = { identity: slug, agent_name: "test", started_at: new Date().toISOString(), backend };
  for (const [path, text] of [
    [paths.metadata, JSON.stringify(metadata)],
    [paths.egress.routes, "routes: []\n"],
  ] as const) {
    writeFileSync(path, text, { mode: 0o600 });
    if (owner !== undefined) chownSync(path, owner, owner);
  }
}

export function specOf(partial: Partial<BottleSpec> & { slug: string }): BottleSpec {
  return {
    program: undefined,
    cwd: partial.copyCwd === undefined ? INSIDE.home : INSIDE.workspace,
    argv: ["/bin/sh"],
    env: { PATH: `${INSIDE.programs}:/usr/bin:/bin`, TERM: "xterm-256color", HOME: INSIDE.home, PS1: "$ " },
    files: [],
    copyCwd: undefined,
    resources: {},
    supervise: false,
    secrets: {},
    upstreamCa: undefined,
    resume: false,
    image: { kind: "ours", name: "bare" },
    runtime: undefined,
    gitGate: undefined,
    upstreamSockets: [],
    ...partial,
  };
}

/** `sh -c` as the agent. */
export function script(text: string): string[] {
  return ["/bin/sh", "-c", text];
}

export interface Viewer {
  readonly terminal: Terminal;
  readonly events: ShellEvent[];
  /** What a person would see, line by line, without trailing blanks. */
  screen(): Promise<string>;
  /** Waits until the screen shows it. */
  shows(pattern: string | RegExp): Promise<string>;
  /** Resolves when the connection has ended. */
  readonly ended: Promise<void>;
}

/** Follows a terminal in an emulator of the test's own, as a dashboard does. */
export async function view(bottle: Bottle): Promise<Viewer> {
  const terminal = await bottle.attach();
  const emulator = new headless.Terminal({
    cols: terminal.cols,
    rows: terminal.rows,
    scrollback: 5000,
    allowProposedApi: true,
  });
  const events: ShellEvent[] = [];
  const write = (text: string): Promise<void> => new Promise((resolve) => emulator.write(text, resolve));
  let written = write(terminal.snapshot);
  const ended = (async () => {
    for await (const event of terminal.events) {
      events.push(event);
      if (event.type === "output") written = write(event.data);
      if (event.type === "resize") emulator.resize(event.cols, event.rows);
      if (event.type === "reset") {
        emulator.reset();
        emulator.resize(event.cols, event.rows);
        written = write(event.snapshot);
      }
    }
  })();
  const screen = async (): Promise<string> => {
    await written;
    const buffer = emulator.buffer.active;
    const lines = Array.from({ length: buffer.length }, (_, row) => buffer.getLine(row)?.translateToString(true) ?? "");
    return lines.join("\n").trimEnd();
  };
  return {
    terminal,
    events,
    screen,
    ended,
    async shows(pattern) {
      const found = (text: string): boolean =>
        typeof pattern === "string" ? text.includes(pattern) : pattern.test(text);
      await vi.waitFor(
        async () => {
          const text = await screen();
          if (!found(text)) throw new Error(`the screen does not show ${String(pattern)}:\n${text}`);
        },
        { timeout: 15_000, interval: 25 },
      );
      return screen();
    },
  };
}

/** Every line that the agent wrote, wherever the backend keeps them. */
export async function linesOf(bottle: Bottle, root: string): Promise<string[]> {
  if (bottle.agentLog === undefined) {
    return readFileSync(bottlePaths(root, bottle.slug).agent.scrollback, "utf8").split("\r\n");
  }
  const lines: string[] = [];
  await bottle.agentLog({}, ({ text }) => lines.push(text), new AbortController().signal);
  return lines;
}

/** Pids of all processes whose arguments contain `text`. */
export function processesNaming(text: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map(Number)
    .filter((pid) => argumentsOf(pid).includes(text));
}

/** Waits until no process names `text`; fails with the arguments of those that do. */
export async function nothingNames(text: string, timeout = 30_000): Promise<void> {
  await expect.poll(() => processesNaming(text).map(argumentsOf), { timeout, interval: 50 }).toEqual([]);
}

function argumentsOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    return "";
  }
}
