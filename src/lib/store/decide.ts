// The operator's answer on disk: created exclusively, so that of two deciders the second is told who was first.

import { BottleError } from "#domain/bottle-error.ts";
import { Applied, Decision } from "#domain/proposal/decision.ts";
import { createExclusive, writeAtomic } from "#lib/atomic-file.ts";

import { withLock } from "./lock.ts";
import { queueFile, queueFolders, queueLock, type QueueFolders, type QueueOf } from "./queue-files.ts";
import { checkValue } from "./read-checked.ts";
import { readOwn, readPart } from "./read-queue.ts";

export type DecisionDraft = Omit<Decision, "version" | "decided_at">;

/**
 * Throws `conflict` when it is decided already (naming by whom and when), `invalid` when the proposal's digest does not
 * match its content or is not the one that the operator saw, and `not-found`.
 */
export async function decide(of: QueueOf, draft: DecisionDraft, now: Date): Promise<Decision> {
  const folders = queueFolders(of);
  const where = queueFile(folders.queue, draft.id, "decision");
  const decision = checkDecision({ version: 1, ...draft, decided_at: now.toISOString() }, where);
  // Under the lock nothing can be archived between the look and the creation.
  return withLock(queueLock(folders), async () => {
    await refuseDecided(folders, draft.id);
    await expectDigest(folders.queue, of.slug, draft);
    if (!(await createExclusive(where, `${JSON.stringify(decision)}\n`))) await refuseDecided(folders, draft.id);
    return decision;
  });
}

/** Writes what became of a decision; the first word stands, and is returned. Throws `not-found` without a decision. */
export async function setApplied(of: QueueOf, id: string, applied: Applied): Promise<Decision> {
  const folders = queueFolders(of);
  return withLock(queueLock(folders), async () => {
    for (const folder of [folders.queue, folders.archive]) {
      const found = await readPart(folder, id, "decision", Decision);
      if (found.state === "bad") throw new BottleError("invalid", found.message, { where: found.where });
      if (found.state === "missing") continue;
      if (found.value.applied !== undefined) return found.value;
      const decision = checkDecision({ ...found.value, applied }, queueFile(folder, id, "decision"));
      await writeAtomic(queueFile(folder, id, "decision"), `${JSON.stringify(decision)}\n`);
      return decision;
    }
    throw new BottleError("not-found", `proposal ${id} is not decided`, { where: folders.queue });
  });
}

async function refuseDecided(folders: QueueFolders, id: string): Promise<void> {
  for (const folder of [folders.queue, folders.archive]) {
    const found = await readPart(folder, id, "decision", Decision);
    if (found.state === "missing") continue;
    const where = queueFile(folder, id, "decision");
    if (found.state === "bad") {
      throw new BottleError("conflict", `proposal ${id} has a decision that cannot be read (${found.message})`, {
        where,
      });
    }
    const { status, decided_by, decided_at } = found.value;
    throw new BottleError("conflict", `proposal ${id} is ${status} already, by ${decided_by} at ${decided_at}`, {
      where,
    });
  }
}

/** That the proposal in the queue is what it says it is, and what the operator saw. */
async function expectDigest(
  folder: string,
  slug: string,
  { id, digest }: { id: string; digest: string },
): Promise<void> {
  const proposal = await readOwn(folder, slug, id);
  const where = queueFile(folder, id, "proposal");
  if (proposal.state === "missing") {
    throw new BottleError("not-found", `there is no proposal ${id}`, { where, hint: "see `bottle-dash proposals`" });
  }
  if (proposal.state === "bad") throw new BottleError("invalid", proposal.message, { where });
  if (proposal.value.digest !== digest) {
    throw new BottleError("invalid", "is not what was shown: the digest differs", {
      where,
      hint: "look at it again, then decide",
    });
  }
}

function checkDecision(decision: Decision, where: string): Decision {
  const checked = checkValue(decision, Decision);
  if (checked.state === "ok") return checked.value;
  throw new BottleError("invalid", checked.message, { where });
}
