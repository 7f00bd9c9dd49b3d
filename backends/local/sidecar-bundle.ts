// Starts the sidecars of a bottle under init, in a session of their own, and ends them.

import { spawn } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import type { Socket } from "node:net";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";

import { BottleError } from "#domain/bottle-error.ts";
import { READY_LINE, type BundleConfig } from "#domain/sidecars/bundle.ts";
import { splitLines } from "#lib/lines.ts";
import type { BottlePaths } from "#lib/paths.ts";
import { isRunning, readPidFile, signalProcess, type ProcessIdentity } from "#lib/process-identity.ts";
import { connectUnix } from "#lib/unix-socket.ts";

import { untilGone, within } from "#lib/until-gone.ts";

export interface StartedBundle {
  /** Resolves when every daemon is ready; rejects, with what init said last, when they end before. */
  readonly ready: Promise<void>;
  /** Without this, the end of the launcher is the end of the bundle. */
  stay(): void;
  /** Takes it back, in whatever state it is; resolves when it is gone. Throws `failed` when it does not go. */
  end(): Promise<void>;
}

/** Longer than init's own patience with its daemons. */
const PATIENCE_MS = 6000;

/**
 * Between the launcher and init stands a shell that holds init's lifeline: a launcher that dies before it says `stay`
 * takes the sidecars with it. Descriptor 3 is the lifeline; init's own standard input has the configuration.
 */
const LIFELINE = `
exec 4<&0 </dev/null
"$@" <&4 3<&- 4<&- &
init=$!
exec 4<&- >/dev/null
if read -r word <&3 && [ "$word" = stay ]; then
  exec 3<&-
  wait "$init"
else
  kill -TERM "$init"
  wait "$init"
fi`;

export function startBundle(
  config: BundleConfig,
  paths: BottlePaths,
  environment: Readonly<Record<string, string>>,
  node: string,
): StartedBundle {
  mkdirSync(paths.init.dir, { recursive: true, mode: 0o700 });
  const command = [node, join(config.programs, "init.js"), config.slug];
  const child = spawn("/bin/sh", ["-c", LIFELINE, "bottle-init", ...command], {
    detached: true,
    cwd: "/",
    env: { ...environment },
    stdio: ["pipe", "pipe", "ignore", "pipe"],
  });
  const [input, output, , lifeline] = child.stdio as unknown as [Writable, Readable, null, Socket];
  for (const stream of [input, lifeline]) stream.on("error", () => {}); // the end of the output tells
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()).once("error", () => resolve()));
  input.end(`${JSON.stringify(config)}\n`);
  let stays = false;
  const ready = readyLine(output).finally(() => {
    output.destroy();
    child.unref();
    lifeline.unref();
  });
  ready.catch(() => {}); // a launch that is interrupted does not wait for it
  return {
    ready,
    stay() {
      stays = true;
      lifeline.end("stay\n");
    },
    async end() {
      lifeline.destroy();
      if (stays) await stopBundle(config.slug, paths);
      if (await within(gone, PATIENCE_MS)) return;
      killGroup(child.pid);
      if (await within(gone, PATIENCE_MS)) return;
      throw new BottleError("failed", `the sidecars (process group ${child.pid}) do not end`, { where: config.slug });
    },
  };
}

function killGroup(leader: number | undefined): void {
  try {
    if (leader !== undefined) process.kill(-leader, "SIGKILL");
  } catch {
    // they were faster
  }
}

async function readyLine(output: Readable): Promise<void> {
  const last: string[] = [];
  await new Promise<void>((resolve, reject) => {
    const lines = splitLines((line) => {
      if (line === READY_LINE) resolve();
      last.push(line);
      if (last.length > 3) last.shift();
    }, 4096);
    output.on("data", (chunk: Buffer) => lines.push(chunk));
    output.on("error", reject);
    output.on("end", () => {
      lines.end();
      reject(
        new BottleError("failed", `the sidecars ended before they were ready (${last.join(" / ") || "no output"})`, {
          where: "init",
        }),
      );
    });
  });
}

/** Asks init to end its daemons and itself, and makes sure. Idempotent. Throws `failed` when it cannot be ended. */
export async function stopBundle(slug: string, paths: BottlePaths, patienceMs = PATIENCE_MS): Promise<void> {
  const init = readPidFile(paths.init.pid);
  const identity = init !== undefined && isInit(init, slug) ? init : undefined;
  const socket = await connectUnix(paths.init.socket).catch(() => undefined);
  if (socket !== undefined) {
    const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
    socket.on("error", () => {}); // `close` follows
    socket.resume();
    socket.write(`${JSON.stringify({ stop: true })}\n`);
    await within(closed, patienceMs);
    socket.destroy();
  } else if (identity !== undefined) {
    signalProcess(identity, "SIGTERM");
  }
  if (identity === undefined) return;
  if (await untilGone(identity, patienceMs)) return;
  signalProcess(identity, "SIGKILL");
  if (await untilGone(identity, patienceMs)) return;
  throw new BottleError("failed", `init (pid ${identity.pid}) does not end`, { where: paths.init.pid });
}

/** A pid file may be old and its number somebody else's by now. */
function isInit(identity: ProcessIdentity, slug: string): boolean {
  if (!isRunning(identity)) return false;
  try {
    return readFileSync(`/proc/${identity.pid}/cmdline`, "utf8").split("\0").includes(slug);
  } catch {
    return false;
  }
}
