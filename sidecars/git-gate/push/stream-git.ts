// Runs one git command whose input or output is too much to hold, or that sees objects which are not accepted yet.

import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";

import type { Environment } from "../git/environment.ts";
import { gitWithLimit } from "../git/memory-limit.ts";

interface GitEnd {
  /** Null when it was killed. */
  readonly code: number | null;
  /** The first of it. */
  readonly stdout: string;
  readonly stderr: string;
}

interface GitTask {
  readonly env: Environment;
  readonly input?: string;
  /** Gets what it prints, as it comes; then `stdout` is empty. */
  readonly read?: (chunk: Buffer) => void;
  /** A descriptor that it and its children keep open. */
  readonly inherit?: number;
  readonly signal: AbortSignal;
}

const MOST_KEPT = 64 * 1024 * 1024;
const MOST_STDERR = 256 * 1024;

/** Rejects when git cannot be started, when `read` throws, and when the signal says so: git is killed then. */
export async function streamGit(args: readonly string[], task: GitTask): Promise<GitEnd> {
  const { env, input = "", read, inherit, signal } = task;
  const more = inherit === undefined ? [] : [inherit];
  const command = gitWithLimit(args);
  const child = spawn(command.file, command.args, {
    env,
    signal,
    killSignal: "SIGTERM",
    stdio: ["pipe", "pipe", "pipe", ...more],
  }) as ChildProcessWithoutNullStreams; // its type does not look at the first three of more
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  const stderr = collect(child.stderr, MOST_STDERR);
  child.stdin.on("error", () => {}); // it does not want all of it: its exit says why
  child.stdin.end(input);
  const stdout = read === undefined ? collect(child.stdout, MOST_KEPT) : pass(child.stdout, read);
  try {
    const [code, out, said] = await Promise.all([ended, stdout, stderr]);
    return { code, stdout: out, stderr: said };
  } catch (error) {
    child.kill("SIGKILL");
    throw error;
  }
}

async function pass(stream: AsyncIterable<Buffer>, read: (chunk: Buffer) => void): Promise<string> {
  for await (const chunk of stream) read(chunk);
  return "";
}

async function collect(stream: AsyncIterable<Buffer>, most: number): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream) {
    if (length < most) chunks.push(chunk.subarray(0, most - length));
    length += chunk.length;
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** What git tells a hook about where the pushed objects are, until they are accepted. */
const QUARANTINE = ["GIT_QUARANTINE_PATH", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES"] as const;

/** Of the hook's own environment: what makes the pushed objects seen. */
export function quarantineOf(env: NodeJS.ProcessEnv): Environment {
  return Object.fromEntries(QUARANTINE.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
}
