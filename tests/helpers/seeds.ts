// A seed, a bottle's home and a watcher of both, in a folder of one test; the watcher is a real process.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { vi } from "vitest";

import { SEED_KEY } from "#domain/credentials/seed-watch.ts";
import { READY_LINE } from "#domain/sidecars/ready-line.ts";
import { bottlePaths } from "#lib/paths.ts";
import { type LeaseOf, takeLease } from "#lib/seed/lease-file.ts";

const main = join(import.meta.dirname, "..", "..", "sidecars/credentials/main.ts");

/** A login of one account; `generation` stands in its tokens. */
export function loginText(generation: number | string, account = "acct-1"): string {
  const tokens = {
    id_token: `id-${generation}`,
    access_token: `access-${generation}`,
    refresh_token: `refresh-${generation}`,
    account_id: account,
  };
  return `${JSON.stringify({ auth_mode: "chatgpt", OPENAI_API_KEY: null, tokens, last_refresh: "2030-01-01T00:00:00Z" })}\n`;
}

export const TOKEN = "ab".repeat(16);

export interface SeedFolder {
  readonly root: string;
  readonly slug: string;
  readonly seed: string;
  readonly paths: ReturnType<typeof bottlePaths>;
  /** The agent's own file. */
  readonly file: string;
  readonly lease: LeaseOf;
  seedText(): string;
  agentWrites(text: string): void;
  remove(): void;
}

export async function seedFolder(folder = mkdtempSync(join(tmpdir(), "seed-test-"))): Promise<SeedFolder> {
  const root = join(folder, "root");
  const slug = "coder-abcde";
  const paths = bottlePaths(root, slug);
  const seed = join(folder, "codex", "auth.json");
  const file = join(paths.agent.home, ".codex", "auth.json");
  for (const path of [seed, file]) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, loginText(1), { mode: 0o600 });
  }
  const lease = { seed, holder: slug, token: TOKEN };
  await takeLease(lease);
  return {
    root,
    slug,
    seed,
    paths,
    file,
    lease,
    seedText: () => readFileSync(seed, "utf8"),
    agentWrites: (text) => writeFileSync(file, text),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

export interface Watcher {
  readonly process: ChildProcess;
  output(): string;
  exit(): Promise<number | null>;
}

const started: ChildProcess[] = [];

/** Resolves when it says ready. */
export async function startWatcher(
  of: SeedFolder,
  {
    key,
    everyMs = 20,
    leaseMs,
    token = TOKEN,
  }: { key?: string; everyMs?: number; leaseMs?: number; token?: string } = {},
): Promise<Watcher> {
  const config = { seed: of.seed, file: ".codex/auth.json", token, every_ms: everyMs };
  const child = spawn(process.execPath, [main, "--root", of.root, "--slug", of.slug], {
    env: {
      PATH: process.env["PATH"] ?? "",
      CREDENTIALS_CONFIG: JSON.stringify({ ...config, ...(leaseMs === undefined ? {} : { lease_ms: leaseMs }) }),
      ...(key === undefined ? {} : { [SEED_KEY]: key }),
    },
    stdio: ["pipe", "pipe", "pipe"],
  });
  started.push(child);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => void (output += chunk));
  const exit = once(child, "exit") as Promise<[number | null]>;
  const watcher = { process: child, output: () => output, exit: async () => (await exit)[0] };
  await vi.waitFor(
    () => {
      if (!output.includes(READY_LINE)) throw new Error(`the watcher is not ready: ${output}`);
    },
    { timeout: 10_000 },
  );
  return watcher;
}

/** Those that are left over. */
export async function endWatchers(): Promise<void> {
  await Promise.all(
    started.splice(0).map(async (child) => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
    }),
  );
}
