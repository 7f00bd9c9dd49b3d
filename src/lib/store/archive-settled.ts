// Clears a bottle's queue of proposals whose story is over, and of what killed writers left there.

import { rm, stat } from "node:fs/promises";
import { join } from "node:path";

import { idsToArchive } from "#domain/proposal/archive-policy.ts";

import { archive } from "./archive.ts";
import { queueFolders, type QueueOf } from "./queue-files.ts";
import { namesIn, readQueue } from "./read-queue.ts";
import { readUses } from "./read-uses.ts";

/** A write takes milliseconds: what is older than this nobody finishes. */
const LEFTOVER_MS = 60 * 60 * 1000;

/** Archives what the policy lets go; returns the ids. */
export async function archiveSettled(of: QueueOf, now: Date): Promise<string[]> {
  const [{ items }, { uses }] = await Promise.all([readQueue(of), readUses(of)]);
  const ids = idsToArchive(
    items.map((item) => ({ ...item, use: uses[item.proposal.id] ?? null })),
    now,
  );
  for (const id of ids) await archive(of, id, now);
  await removeLeftovers(queueFolders(of).queue, now);
  return ids;
}

async function removeLeftovers(folder: string, now: Date): Promise<void> {
  for (const name of (await namesIn(folder)).filter((file) => file.startsWith(".tmp-"))) {
    const path = join(folder, name);
    const written = await stat(path).catch(() => undefined); // its writer was still at it
    if (written !== undefined && now.getTime() - written.mtimeMs > LEFTOVER_MS) await rm(path, { force: true });
  }
}
