// Starts a real init over tiny daemons of fixtures/daemons, in a root folder of its own, and takes all of it down again.

import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { vi } from "vitest";

import { BundleHealth, type DaemonHealth, type DaemonName } from "#domain/sidecars/bundle.ts";
import { jsonSocket, type JsonSocket } from "#lib/json-socket.ts";
import { bottlePaths } from "#lib/paths.ts";
import { connectUnix } from "#lib/unix-socket.ts";

const repository = join(import.meta.dirname, "..", "..");
/** `real`: the sidecar itself, from its source. */
export type TinyDaemon = "steady" | "stubborn" | "crashing" | "real";

export interface InitProcess {
  readonly process: ChildProcess;
  readonly root: string;
  readonly slug: string;
  readonly paths: ReturnType<typeof bottlePaths>;
  /** Everything that init printed so far. */
  output(): string;
  health(): Promise<HealthReader>;
  /** The texts of `logs/<source>.jsonl` so far. */
  log(source: string): string[];
  exit(): Promise<{ code: number | null; signal: string | null }>;
}

export interface HealthReader {
  readonly seen: DaemonHealth[][];
  readonly connection: JsonSocket<unknown>;
  latest(name: DaemonName): DaemonHealth | undefined;
  readonly closed: Promise<void>;
}

const SLUG = "demo-abcde";
const started: InitProcess[] = [];

/** A root folder for one test; removed with the init that is started in it. */
export function newRoot(): string {
  return mkdtempSync(join(tmpdir(), "init-test-"));
}

export function startInit(
  daemons: Partial<Record<DaemonName, TinyDaemon>>,
  env: Record<string, string> = {},
  { config, root = newRoot(), upstreamCa }: { config?: string; root?: string; upstreamCa?: string } = {},
): InitProcess {
  const slug = SLUG;
  const programs = join(root, "programs");
  mkdirSync(programs);
  for (const [name, tiny] of Object.entries(daemons)) {
    const source = tiny === "real" ? `sidecars/${name}/main.ts` : `fixtures/daemons/${tiny}.ts`;
    writeFileSync(join(programs, `${name}.js`), `import(${JSON.stringify(join(repository, source))});\n`);
  }
  const child = spawn(process.execPath, [join(repository, "sidecars/init/main.ts")], {
    env: { PATH: process.env["PATH"] ?? "", ...env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  child.stdin.end(
    config ?? JSON.stringify({ slug, root, programs, daemons: Object.keys(daemons), upstream_ca: upstreamCa }),
  );
  let printed = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (printed += String(chunk)));
  const paths = bottlePaths(root, slug);
  const init: InitProcess = {
    process: child,
    root,
    slug,
    paths,
    output: () => printed,
    health: () => vi.waitFor(() => readHealth(paths.init.socket), { timeout: 10_000 }),
    log: (source) => readLog(paths.logs.of(source)),
    async exit() {
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
      return { code: child.exitCode, signal: child.signalCode };
    },
  };
  started.push(init);
  return init;
}

/** For afterEach: init is killed when it still runs, and its daemons follow it by their lifelines. */
export async function removeInits(): Promise<void> {
  for (const init of started.splice(0)) {
    if (init.process.exitCode === null && init.process.signalCode === null) init.process.kill("SIGKILL");
    await init.exit();
    rmSync(init.root, { recursive: true, force: true });
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function readHealth(path: string): Promise<HealthReader> {
  const socket = await connectUnix(path);
  const seen: DaemonHealth[][] = [];
  let close = (): void => {};
  const closed = new Promise<void>((resolve) => (close = resolve));
  const connection = jsonSocket(socket, BundleHealth, {
    message: ({ daemons }) => void seen.push(daemons),
    bad: (reason) => {
      throw new Error(`bad health: ${reason}`);
    },
    closed: () => close(),
  });
  return { seen, connection, closed, latest: (name) => seen.at(-1)?.find((daemon) => daemon.name === name) };
}

function readLog(path: string): string[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, "utf8").split("\n");
  return lines.filter((line) => line !== "").map((line) => (JSON.parse(line) as { text: string }).text);
}
