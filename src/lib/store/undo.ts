// Taking a decision back: one more file, created exclusively.

import { BottleError } from "#domain/bottle-error.ts";
import { type Applied, Undo } from "#domain/proposal/decision.ts";
import { createExclusive, writeAtomic } from "#lib/atomic-file.ts";

import { unarchiveLocked } from "./archive.ts";
import { withLock } from "./lock.ts";
import { queueFile, queueFolders, queueLock, type QueueOf } from "./queue-files.ts";
import { checkValue } from "./read-checked.ts";
import { readItem, readPart } from "./read-queue.ts";

export type UndoDraft = Omit<Undo, "version" | "decided_at">;

/**
 * An archived decision comes back into the queue with its undo, where everybody sees it. Throws `not-found`, `refused` for
 * one that is not decided, `conflict` for one that is undone already, `invalid` when files do not belong together.
 */
export async function undo(of: QueueOf, draft: UndoDraft, now: Date): Promise<Undo> {
  const folders = queueFolders(of);
  const where = queueFile(folders.queue, draft.id, "undo");
  const undo = checkUndo({ version: 1, ...draft, decided_at: now.toISOString() }, where);
  return withLock(queueLock(folders), async () => {
    await unarchiveLocked(folders, draft.id);
    const item = await readItem(folders.queue, of.slug, draft.id);
    if (item.state === "missing")
      throw new BottleError("not-found", `there is no proposal ${draft.id}`, { where: folders.queue });
    if (item.state === "bad") throw new BottleError("invalid", item.message, { where: item.where });
    const { decision, undo: earlier, proposal } = item.value;
    if (decision === null)
      throw new BottleError("refused", `proposal ${draft.id} is not decided`, { where, hint: "reject it instead" });
    if (earlier !== null) {
      throw new BottleError(
        "conflict",
        `proposal ${draft.id} is undone already, by ${earlier.decided_by} at ${earlier.decided_at}`,
        { where },
      );
    }
    if (proposal.digest !== draft.digest)
      throw new BottleError("invalid", "is not what was shown: the digest differs", { where });
    await createExclusive(where, `${JSON.stringify(undo)}\n`);
    return undo;
  });
}

/** Writes what became of an undo; the first word stands, and is returned. */
export async function setUndone(
  of: QueueOf,
  id: string,
  facts: { applied: Applied; reopened_as?: string },
): Promise<Undo> {
  const folders = queueFolders(of);
  return withLock(queueLock(folders), async () => {
    const where = queueFile(folders.queue, id, "undo");
    const found = await readPart(folders.queue, id, "undo", Undo);
    if (found.state === "missing") throw new BottleError("not-found", `proposal ${id} is not undone`, { where });
    if (found.state === "bad") throw new BottleError("invalid", found.message, { where });
    if (found.value.applied !== undefined) return found.value;
    const undo = checkUndo({ ...found.value, ...facts }, where);
    await writeAtomic(where, `${JSON.stringify(undo)}\n`);
    return undo;
  });
}

function checkUndo(undo: Undo, where: string): Undo {
  const checked = checkValue(undo, Undo);
  if (checked.state === "ok") return checked.value;
  throw new BottleError("invalid", checked.message, { where });
}
