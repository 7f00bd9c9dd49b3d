// Starts the guest agent, which holds the bottle's terminal, in a session of its own.

import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import type { Socket } from "node:net";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";

import { BottleError } from "#domain/bottle-error.ts";
import type { GuestAgentConfig, GuestAgentOrder } from "#domain/guest-agent/config.ts";
import { plainLines } from "#domain/plain-text.ts";
import { READY_LINE } from "#domain/sidecars/bundle.ts";
import { splitLines } from "#lib/lines.ts";
import type { BottlePaths } from "#lib/paths.ts";
import { identify, signalProcess } from "#lib/process-identity.ts";

import { localPaths } from "./bottle-sandbox.ts";
import { untilGone } from "#lib/until-gone.ts";

export interface TerminalHolder {
  readonly pid: number;
  /** Resolves when the terminal is open and the sandbox is being made in it. */
  readonly ready: Promise<void>;
  /** Rejects, with the sandbox's last words, when it ends; never resolves. */
  readonly ended: Promise<never>;
  /** Without this, the end of the launcher is the end of the bottle. */
  stay(): void;
  /** Ends it with everything in it. Rejects when it cannot be ended. */
  kill(): Promise<void>;
  /** From now on it is not ours any more. */
  release(): void;
}

const KILL_AFTER_MS = 3000;

export function startTerminalHolder(config: GuestAgentConfig, paths: BottlePaths, programs: string): TerminalHolder {
  const errors = openSync(localPaths(paths).errors, "w", 0o600);
  const child = spawn(process.execPath, [join(programs, "guest-agent.js"), config.slug], {
    detached: true,
    cwd: "/",
    env: {},
    stdio: ["pipe", "pipe", errors],
  });
  closeSync(errors);
  const [input, output] = child.stdio as unknown as [Writable & Socket, Readable & Socket];
  input.on("error", () => {}); // its end tells
  const ended = new Promise<never>((_, reject) => {
    child.once("error", reject);
    child.once("exit", () =>
      reject(new BottleError("failed", `the sandbox ended at once: ${lastWords(paths)}`, { where: "sandbox" })),
    );
  });
  ended.catch(() => {}); // waited for only during the launch
  input.write(`${JSON.stringify(config)}\n`);
  const pid = child.pid ?? 0;
  const identity = identify(pid) ?? { pid, started: "" };
  let stays = false;
  const ready = Promise.race([readyLine(output), ended]).finally(() => output.destroy());
  ready.catch(() => {}); // a launch that is interrupted does not wait for it
  return {
    pid,
    ready,
    ended,
    stay() {
      stays = true;
      input.end(`${JSON.stringify({ stay: true } satisfies GuestAgentOrder)}\n`);
    },
    async kill() {
      input.destroy(); // its lifeline: before it was told to stay it ends everything by itself
      if (!stays && (await untilGone(identity, KILL_AFTER_MS))) return;
      signalProcess(identity, "SIGKILL"); // and the sandbox with it
      if (await untilGone(identity, KILL_AFTER_MS)) return;
      throw new BottleError("failed", `the holder of the terminal (pid ${pid}) does not end`, { where: config.slug });
    },
    release() {
      child.unref();
      input.unref();
    },
  };
}

function readyLine(output: Readable): Promise<void> {
  return new Promise((resolve) => {
    const lines = splitLines((line) => {
      if (line === READY_LINE) resolve();
    }, 4096);
    output.on("data", (chunk: Buffer) => lines.push(chunk));
    output.on("error", () => {}); // its end tells
  });
}

/** What the sandbox or the guest agent said last: why it would not start. */
function lastWords(paths: BottlePaths): string {
  const said = [localPaths(paths).errors, paths.agent.scrollback].flatMap((path) => plainLines(readOr(path)));
  return (
    said
      .map((line) => line.trim())
      .filter(Boolean)
      .slice(-3)
      .join(" / ")
      .slice(0, 400) || "without a word"
  );
}

function readOr(path: string): string {
  try {
    return readFileSync(path, "utf8").slice(-8192);
  } catch {
    return "";
  }
}
