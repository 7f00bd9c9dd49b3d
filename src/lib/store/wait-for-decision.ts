// Waits for the operator, woken by the queue folder's own change events: nothing polls.

import { mkdir } from "node:fs/promises";

import { BottleError } from "#domain/bottle-error.ts";

import { watchFolder } from "./watch-folder.ts";
import { queueFolders, type QueueOf } from "./queue-files.ts";
import { type QueueItem, readProposal } from "./read-queue.ts";

export interface WaitOptions {
  /** Milliseconds; forever without it. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** `settled` (the default): rejected, or what an approval changes is live or failed. `decided`: as soon as there is a decision. */
  readonly until?: "decided" | "settled";
}

/**
 * The item with its decision; null when the time is over or `signal` aborts. Throws `not-found` for an unknown id and
 * `invalid` for a proposal that cannot be read. A decision that cannot be read is none: the wait goes on.
 */
export async function waitForDecision(of: QueueOf, id: string, options: WaitOptions = {}): Promise<QueueItem | null> {
  const { queue } = queueFolders(of);
  await mkdir(queue, { recursive: true, mode: 0o700 });
  let changed = () => {};
  // Watching starts before the first look, so that nothing falls between the two.
  const stopWatching = watchFolder(queue, (name) =>
    name === null || name.startsWith(`${id}.`) ? changed() : undefined,
  );
  const end = endSignal(options);
  try {
    for (let first = true; ; first = false) {
      const next = new Promise<void>((resolve) => (changed = resolve));
      const item = await look(of, id, first);
      if (item !== null && isAnswered(item, options.until ?? "settled")) return item;
      if (end.signal.aborted) return null;
      await Promise.race([next, end.ended]);
    }
  } finally {
    stopWatching();
    end.clear();
  }
}

/** True once the author of the proposal can be answered. */
export function isAnswered({ decision }: QueueItem, until: "decided" | "settled"): boolean {
  if (decision === null) return false;
  return until === "decided" || decision.status === "rejected" || decision.applied !== undefined;
}

async function look(of: QueueOf, id: string, first: boolean): Promise<QueueItem | null> {
  try {
    return await readProposal(of, id);
  } catch (error) {
    if (first || !(error instanceof BottleError)) throw error;
    return null;
  }
}

function endSignal({ timeoutMs, signal }: WaitOptions): {
  signal: AbortSignal;
  ended: Promise<void>;
  clear: () => void;
} {
  const end = new AbortController();
  const abort = (): void => end.abort();
  const timer = timeoutMs === undefined ? undefined : setTimeout(abort, timeoutMs);
  signal?.addEventListener("abort", abort, { once: true });
  if (signal?.aborted === true) abort();
  const ended = new Promise<void>((resolve) => {
    if (end.signal.aborted) resolve();
    end.signal.addEventListener("abort", () => resolve(), { once: true });
  });
  return {
    signal: end.signal,
    ended,
    clear: () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    },
  };
}
