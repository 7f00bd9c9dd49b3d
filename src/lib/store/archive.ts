// Moves the files of a proposal whose story is over out of the way. Nothing is deleted: readProposal finds them in both places.

import { link, mkdir, rm } from "node:fs/promises";

import { BottleError } from "#domain/bottle-error.ts";
import { statusOf } from "#domain/fleet/fleet.ts";
import { isErrno } from "#lib/atomic-file.ts";

import { withLock } from "./lock.ts";
import { QUEUE_PARTS, queueFile, queueFolders, queueLock, type QueueFolders, type QueueOf } from "./queue-files.ts";
import { readItem } from "./read-queue.ts";

/** Throws `refused` for one that still waits at `now`; one that is archived already is fine. */
export async function archive(of: QueueOf, id: string, now = new Date()): Promise<void> {
  const folders = queueFolders(of);
  await withLock(queueLock(folders), async () => {
    const item = await readItem(folders.queue, of.slug, id);
    if (item.state === "bad") throw new BottleError("invalid", item.message, { where: item.where });
    if (item.state === "ok" && statusOf({ ...item.value, use: null }, now) === "pending") {
      throw new BottleError("refused", `proposal ${id} still waits`, { where: folders.queue, hint: "decide it first" });
    }
    await move(folders.queue, folders.archive, id);
  });
}

/** Takes a held request whose client left out of the inbox, unanswered; false, and nothing happens, when it is decided. */
export async function withdraw(of: QueueOf, id: string): Promise<boolean> {
  const folders = queueFolders(of);
  return withLock(queueLock(folders), async () => {
    const item = await readItem(folders.queue, of.slug, id);
    if (item.state !== "ok" || item.value.decision !== null) return false;
    if (item.value.proposal.origin !== "held-request") return false;
    await move(folders.queue, folders.archive, id);
    return true;
  });
}

/** For one who holds the queue's lock. */
export async function unarchiveLocked(folders: QueueFolders, id: string): Promise<void> {
  await move(folders.archive, folders.queue, id);
}

/**
 * A reader, or a crash, may come between any two steps, and a proposal without its decision would look pending. So first
 * all files are in both places, the proposal last; then they leave the old one, the proposal first.
 */
async function move(from: string, to: string, id: string): Promise<void> {
  await mkdir(to, { recursive: true, mode: 0o700 });
  for (const part of QUEUE_PARTS.toReversed()) await linkOver(queueFile(from, id, part), queueFile(to, id, part));
  for (const part of QUEUE_PARTS) await rm(queueFile(from, id, part), { force: true });
}

async function linkOver(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    if (isErrno(error, "ENOENT")) return; // this proposal has no such file
    if (!isErrno(error, "EEXIST")) throw error;
    await rm(to, { force: true }); // left by a move that was cut short
    await link(from, to);
  }
}
