// The lock on a mirror's refs, which dies with its holders: flock(2) on a descriptor that git processes inherit. So a gate
// that is killed leaves no stale lock, and a push that outlives it still keeps others out until it is done.

import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";

import { BottleError } from "#domain/bottle-error.ts";

export interface HeldLock {
  /** For processes that go on holding it when this one is gone. */
  readonly descriptor: number;
  release(): void;
}

/** The number at which a process of ours finds the descriptor. */
export const LOCK_DESCRIPTOR = 3;

/** Opens it without taking it: the push takes it in its hook, once all of its pack has come. */
export function openLock(path: string): HeldLock {
  const descriptor = openSync(path, "a", 0o600);
  let open = true;
  return {
    descriptor,
    release() {
      if (open) closeSync(descriptor);
      open = false;
    },
  };
}

/** Throws `conflict` when others held it all that time. */
export async function takeLock(path: string, waitSeconds: number): Promise<HeldLock> {
  const lock = openLock(path);
  try {
    const code = await flock(lock.descriptor, waitSeconds);
    if (code !== 0) throw new BottleError("conflict", `a push to it has not ended within ${waitSeconds} s`);
    return lock;
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** The lock belongs to the open file, which this process shares with the one that takes it. */
function flock(descriptor: number, waitSeconds: number): Promise<number | null> {
  const child = spawn("flock", ["-x", "-w", String(waitSeconds), String(LOCK_DESCRIPTOR)], {
    stdio: ["ignore", "ignore", "ignore", descriptor],
  });
  return new Promise((resolve, reject) => {
    child.once("error", (cause) =>
      reject(new BottleError("unavailable", "flock cannot be run", { hint: "install util-linux", cause })),
    );
    child.once("exit", (code) => resolve(code));
  });
}
