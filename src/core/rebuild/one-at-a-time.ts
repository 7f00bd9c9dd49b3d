// One rebuild of a bottle at a time, whoever asks: builds take minutes, so who only looks after them does not wait.

import { existsSync } from "node:fs";
import { utimes } from "node:fs/promises";

import { BottleError } from "#domain/bottle-error.ts";
import { bottlePaths } from "#lib/paths.ts";
import { withLock } from "#lib/store/lock.ts";
import type { QueueOf } from "#lib/store/queue-files.ts";

/** A decider waits for those before it; no build takes so long. */
const PATIENCE_MS = 2 * 60 * 60 * 1000;
/** The lock of a process in another container counts as dead when it is old: it is kept young. */
const TOUCH_MS = 15_000;

/** Locks that this process holds or waits for: of these no file needs to be asked. */
const underway = new Map<string, number>();
const tasks = new Set<Promise<unknown>>();

/** Throws `not-found` when the bottle is gone: its folder is not made again. */
export async function oneAtATime<T>(of: QueueOf, task: () => Promise<T>): Promise<T> {
  return await locked(of, task, PATIENCE_MS);
}

/** Resolves when no rebuild of this process goes on any more. */
export async function untilIdle(): Promise<void> {
  await Promise.allSettled(tasks);
}

/** Undefined, at once, while somebody else is at it. */
export async function unlessUnderway<T>(
  of: QueueOf,
  task: () => Promise<T>,
): Promise<{ readonly result: T } | undefined> {
  const { lock } = bottlePaths(of.root, of.slug).rebuilds;
  if (underway.has(lock)) return undefined;
  let isMine = false;
  try {
    const result = await locked(
      of,
      async () => {
        isMine = true;
        return await task();
      },
      0,
    );
    return { result };
  } catch (error) {
    // The only failure before it is ours is that it did not come free.
    if (!isMine && error instanceof BottleError && error.code === "failed") return undefined;
    throw error;
  }
}

async function locked<T>(of: QueueOf, task: () => Promise<T>, waitMs: number): Promise<T> {
  const { metadata, rebuilds } = bottlePaths(of.root, of.slug);
  if (!existsSync(metadata)) throw new BottleError("not-found", `bottle ${of.slug} is gone`, { where: metadata });
  underway.set(rebuilds.lock, (underway.get(rebuilds.lock) ?? 0) + 1);
  const locking = withLock(rebuilds.lock, () => keptYoung(rebuilds.lock, task), waitMs);
  tasks.add(locking);
  try {
    return await locking;
  } finally {
    tasks.delete(locking);
    const others = (underway.get(rebuilds.lock) ?? 1) - 1;
    if (others > 0) underway.set(rebuilds.lock, others);
    else underway.delete(rebuilds.lock);
  }
}

async function keptYoung<T>(lock: string, task: () => Promise<T>): Promise<T> {
  const touch = (): void => {
    const now = new Date();
    void utimes(lock, now, now).catch(() => {}); // gone with the bottle
  };
  const timer = setInterval(touch, TOUCH_MS);
  timer.unref();
  try {
    return await task();
  } finally {
    clearInterval(timer);
  }
}
