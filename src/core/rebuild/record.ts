// `state/<slug>/rebuilds/<id>.json`: that a rebuild was begun, so that it never runs twice, and what there was before.

import * as z from "zod";

import { writeAtomic } from "#lib/atomic-file.ts";
import { bottlePaths } from "#lib/paths.ts";
import type { QueueOf } from "#lib/store/queue-files.ts";
import { readChecked } from "#lib/store/read-checked.ts";

const RebuildRecord = z.strictObject({
  version: z.literal(1),
  began_at: z.iso.datetime(),
  /** What the bottle was made from; null where it was not known. */
  before: z.string().nullable(),
  /** Whether that was an approved one itself, and so kept for the next start. */
  before_approved: z.boolean(),
});
export type RebuildRecord = z.infer<typeof RebuildRecord>;

export async function readRecord(of: QueueOf, id: string): Promise<RebuildRecord | undefined> {
  return await recordAt(bottlePaths(of.root, of.slug).rebuilds.of(id));
}

export async function writeRecord(of: QueueOf, id: string, record: Omit<RebuildRecord, "version">): Promise<void> {
  const path = bottlePaths(of.root, of.slug).rebuilds.of(id);
  await writeAtomic(path, `${JSON.stringify({ version: 1, ...record })}\n`);
}

/** Whether taking `id` back was begun. */
export async function isUndoBegun(of: QueueOf, id: string): Promise<boolean> {
  return (await readChecked(bottlePaths(of.root, of.slug).rebuilds.undo(id), z.unknown())).state !== "missing";
}

export async function markUndoBegun(of: QueueOf, id: string, now: Date): Promise<void> {
  const path = bottlePaths(of.root, of.slug).rebuilds.undo(id);
  await writeAtomic(path, `${JSON.stringify({ began_at: now.toISOString() })}\n`);
}

/** A malformed one was begun by somebody: nothing of before is known then. */
async function recordAt(path: string): Promise<RebuildRecord | undefined> {
  const read = await readChecked(path, RebuildRecord);
  if (read.state === "ok") return read.value;
  return read.state === "missing"
    ? undefined
    : { version: 1, began_at: new Date(0).toISOString(), before: null, before_approved: false };
}
