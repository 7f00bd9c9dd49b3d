// Bottles that run as far as the dashboard can tell: real guest agents that hold real terminals, with a shell in them
// instead of a sandbox.

import { spawn, type ChildProcess } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import type { GuestAgentConfig } from "#domain/guest-agent/config.ts";
import { READY_LINE } from "#domain/sidecars/bundle.ts";
import { bottlePaths } from "#lib/paths.ts";

import { sidecar } from "../programs.ts";
import { bottleMetadata } from "./root-folder.ts";

export interface RunningBottles {
  readonly root: string;
  readonly slugs: readonly string[];
  /** Ends them all and removes the root. */
  remove(): Promise<void>;
}

/** A screen full of colours, and then an agent that waits for input. */
const AGENT = `i=0; while [ $i -lt 30 ]; do i=$((i+1)); printf '\\033[3%dm● step %d\\033[0m: read src/file-%d.ts and thought about it\\n' $((i % 8)) $i $i; done; printf '> '; exec cat`;

export async function runningBottles(count: number): Promise<RunningBottles> {
  const root = await mkdtemp(join(tmpdir(), "bottle-bench-"));
  const slugs = Array.from({ length: count }, (_, index) => `bench-${String(index).padStart(4, "0")}`);
  const holders: ChildProcess[] = [];
  const remove = async (): Promise<void> => {
    await Promise.all(holders.map(end));
    await rm(root, { recursive: true, force: true });
  };
  try {
    for (const [index, slug] of slugs.entries()) {
      holders.push(await startHolder(root, slug, new Date(Date.now() - (count - index) * 1000)));
    }
  } catch (error) {
    await remove();
    throw error;
  }
  return { root, slugs, remove };
}

async function startHolder(root: string, slug: string, at: Date): Promise<ChildProcess> {
  const paths = bottlePaths(root, slug);
  for (const folder of [paths.agent.home, paths.logs.dir, paths.queue])
    await mkdir(folder, { recursive: true, mode: 0o700 });
  await mkdir(dirname(paths.metadata), { recursive: true });
  await writeFile(paths.metadata, JSON.stringify(bottleMetadata(slug, at.toISOString())));
  const config: GuestAgentConfig = {
    slug,
    root,
    argv: ["/bin/sh", "-c", AGENT],
    env: { PATH: "/usr/bin:/bin" },
    cols: 80,
    rows: 24,
  };
  const holder = spawn(process.execPath, [sidecar("guest-agent"), slug], {
    env: {},
    stdio: ["pipe", "pipe", "inherit"],
  });
  holder.stdin.on("error", () => {}); // its end tells
  holder.stdin.write(`${JSON.stringify(config)}\n`);
  await new Promise<void>((resolve, reject) => {
    holder.stdout.on("data", (chunk: Buffer) => chunk.toString().includes(READY_LINE) && resolve());
    holder.once("exit", (code) => reject(new Error(`the guest agent of ${slug} ended with ${code}`)));
  });
  return holder;
}

/** The end of its input is the end of a bottle that nobody told to stay. */
async function end(holder: ChildProcess): Promise<void> {
  if (holder.exitCode !== null || holder.signalCode !== null) return;
  const ended = new Promise((resolve) => holder.once("exit", resolve));
  holder.stdin?.end();
  const timer = setTimeout(() => holder.kill("SIGKILL"), 8000);
  await ended;
  clearTimeout(timer);
}
