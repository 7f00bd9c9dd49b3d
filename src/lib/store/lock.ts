// A lock between processes: a file, linked into place, that names its holder. A holder that died is detected, so a
// SIGKILL never leaves anybody waiting; Node has no flock to do it for us.

import { randomBytes } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { link, mkdir, open, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import * as z from "zod";

import { BottleError } from "#domain/bottle-error.ts";
import { isErrno } from "#lib/atomic-file.ts";

/** Where a holder runs and when it started: a pid alone is used again by others. */
const Holder = z.object({
  pid: z.int().positive(),
  /** Clock ticks since boot, /proc/<pid>/stat; empty where there is no /proc. */
  start: z.string(),
  boot: z.string(),
  /** The pid namespace in which `pid` is meant. */
  namespace: z.string(),
  token: z.string(),
});
type Holder = z.infer<typeof Holder>;

const WAIT_MS = 30_000;
/** A holder in another pid namespace (a container) cannot be looked at: it is dead when this old. */
const FOREIGN_LIFETIME_MS = 60_000;

/**
 * Runs `task` while no other task, of this or any other process, holds the lock at `path`. Not reentrant.
 * Throws `failed` with the holder's pid when it does not come free within `waitMs`.
 */
export async function withLock<T>(path: string, task: () => Promise<T>, waitMs = WAIT_MS): Promise<T> {
  const turn = inTurn.get(path) ?? Promise.resolve();
  const mine = turn.then(() => held(path, task, waitMs));
  const settled = mine.then(
    () => {},
    () => {},
  );
  inTurn.set(path, settled);
  try {
    return await mine;
  } finally {
    if (inTurn.get(path) === settled) inTurn.delete(path);
  }
}

/** Tasks of this process queue up here, so that they do not contend through the file. */
const inTurn = new Map<string, Promise<void>>();

async function held<T>(path: string, task: () => Promise<T>, waitMs: number): Promise<T> {
  const token = await acquire(path, waitMs);
  try {
    return await task();
  } finally {
    await release(path, token);
  }
}

async function acquire(path: string, waitMs: number): Promise<string> {
  const deadline = performance.now() + waitMs;
  for (let pause = 1; ; pause = Math.min(pause * 2, 40)) {
    const token = await tryAcquire(path);
    if (token !== undefined) return token;
    const found = await readHolder(path);
    if (found !== undefined && isDead(found)) {
      await breakLock(path, found, deadline - performance.now());
      continue;
    }
    if (performance.now() > deadline) throw stillHeld(path, found);
    await delay(pause + Math.random() * pause);
  }
}

async function tryAcquire(path: string): Promise<string | undefined> {
  const token = randomBytes(8).toString("hex");
  const temporary = join(dirname(path), `.tmp-${process.pid}-${token}`);
  try {
    await writeHolder(temporary, { ...self(), token });
    await link(temporary, path);
    return token;
  } catch (error) {
    if (isErrno(error, "EEXIST")) return undefined;
    throw lockError(path, error);
  } finally {
    await rm(temporary, { force: true });
  }
}

async function writeHolder(temporary: string, holder: Holder): Promise<void> {
  const text = JSON.stringify(holder);
  try {
    await writeFile(temporary, text, { flag: "wx", mode: 0o600 });
  } catch (error) {
    if (!isErrno(error, "ENOENT")) throw error;
    await mkdir(dirname(temporary), { recursive: true, mode: 0o700 });
    await writeFile(temporary, text, { flag: "wx", mode: 0o600 });
  }
}

async function release(path: string, token: string): Promise<void> {
  const found = await readHolder(path);
  if (found?.token === token) await rm(path, { force: true });
}

/**
 * Removes the lock of a dead holder. Only who holds the lock named after that holder's token may do it, and only after
 * looking again: so nobody ever removes the lock of the next, living one. It is a lock like any other; when its holder
 * dies too, it is broken the same way.
 */
async function breakLock(path: string, dead: Found, waitMs: number): Promise<void> {
  const breaking = join(dirname(path), `.break-${basename(path).slice(0, 60)}-${dead.token}`);
  await held(
    breaking,
    async () => {
      const now = await readHolder(path);
      if (now?.token === dead.token) await rm(path, { force: true });
    },
    Math.max(waitMs, 1000),
  );
}

interface Found {
  readonly token: string;
  /** Undefined: a file that names nobody, as a power cut leaves it. */
  readonly holder: Holder | undefined;
  readonly ageMs: number;
}

async function readHolder(path: string): Promise<Found | undefined> {
  try {
    const file = await open(path, "r");
    try {
      const holder = parseHolder(await file.readFile("utf8"));
      const { mtimeMs, ino } = await file.stat();
      return { holder, token: holder?.token ?? `ino${ino}`, ageMs: Date.now() - mtimeMs };
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isErrno(error, "ENOENT")) return undefined;
    throw lockError(path, error);
  }
}

function parseHolder(text: string): Holder | undefined {
  try {
    return Holder.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function isDead({ holder, ageMs }: Found): boolean {
  if (holder === undefined) return true; // links are made of whole files: this one was cut by a power failure
  const here = self();
  if (holder.boot !== here.boot) return true;
  if (holder.namespace !== here.namespace) return ageMs > FOREIGN_LIFETIME_MS;
  if (!processExists(holder.pid)) return true;
  const start = startOf(holder.pid);
  return start !== undefined && start !== holder.start;
}

function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !isErrno(error, "ESRCH"); // EPERM: it lives, and is another user's
  }
}

/** Undefined where it cannot be read; "dead" for a zombie, which holds nothing any more. */
function startOf(pid: number | "self"): string | undefined {
  const text = readOr(`/proc/${pid}/stat`, "");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  if (fields[0] === "Z" || fields[0] === "X") return "dead";
  return fields[19]; // field 22 of proc(5): starttime; the name, which may hold spaces, is cut off
}

type Self = Omit<Holder, "token">;
let known: Self | undefined;
function self(): Self {
  known ??= {
    pid: process.pid,
    start: startOf("self") ?? "",
    boot: readOr("/proc/sys/kernel/random/boot_id", "").trim(),
    namespace: linkOr("/proc/self/ns/pid", ""),
  };
  return known;
}

function readOr(path: string, otherwise: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return otherwise;
  }
}

function linkOr(path: string, otherwise: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return otherwise;
  }
}

function stillHeld(path: string, found: Found | undefined): BottleError {
  const by = found?.holder === undefined ? "another process" : `process ${found.holder.pid}`;
  return new BottleError("failed", `is held by ${by} and did not come free`, {
    where: path,
    hint: "end that process, or try again",
  });
}

function lockError(path: string, cause: unknown): BottleError {
  if (cause instanceof BottleError) return cause;
  if (isErrno(cause, "ENOSPC") || isErrno(cause, "EDQUOT")) {
    return new BottleError("failed", "the disk is full; nothing was changed", {
      where: path,
      hint: "free some space and try again",
      cause,
    });
  }
  return new BottleError("failed", `cannot be locked (${cause instanceof Error ? cause.message : String(cause)})`, {
    where: path,
    cause,
  });
}
