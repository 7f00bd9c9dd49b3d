// Runs one git command to its end: bounded in time and output, and in a process group that dies as one.

import { spawn } from "node:child_process";

import type { Environment } from "./environment.ts";
import { keepTrack, killGroup } from "./process-groups.ts";

export interface GitRun {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Set when it was ended because it took too long. */
  readonly timedOut: boolean;
}

export interface GitRunOptions {
  readonly env: Environment;
  readonly cwd?: string;
  readonly timeoutMs: number;
  /** A descriptor that it and its children keep open: a held lock. */
  readonly inherit?: number;
  readonly signal?: AbortSignal;
}

/** Of either stream; what is beyond is dropped. */
const MOST_OUTPUT = 64 * 2 ** 20;

/** Never rejects: a git that cannot be started has code null and says so in stderr. */
export function runGit(args: readonly string[], options: GitRunOptions): Promise<GitRun> {
  const { env, cwd, timeoutMs, inherit, signal } = options;
  const child = spawn("git", [...args], {
    env,
    ...(cwd === undefined ? {} : { cwd }),
    stdio: ["ignore", "pipe", "pipe", ...(inherit === undefined ? [] : [inherit])],
    detached: true,
  });
  keepTrack(child);
  const [out, err] = [child.stdout, child.stderr].map((stream) => collect(stream!));
  return new Promise((resolve) => {
    let timedOut = false;
    const abort = (): void => killGroup(child, "SIGTERM");
    const timer = setTimeout(() => {
      timedOut = true;
      abort();
    }, timeoutMs);
    signal?.addEventListener("abort", abort, { once: true });
    let problem = "";
    child.once("error", (error) => (problem = error.message));
    child.once("close", (code) => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
      resolve({
        code: problem === "" ? code : null,
        stdout: out!(),
        stderr: problem === "" ? err!() : problem,
        timedOut,
      });
    });
    if (signal?.aborted === true) abort();
  });
}

function collect(stream: NodeJS.ReadableStream): () => string {
  const chunks: Buffer[] = [];
  let size = 0;
  stream.on("data", (chunk: Buffer) => {
    size += chunk.length;
    if (size <= MOST_OUTPUT) chunks.push(chunk);
  });
  return () => Buffer.concat(chunks).toString("utf8");
}
