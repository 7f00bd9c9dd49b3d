// Reads proposals and all that is known of their fate. A bad file is a problem in the answer, never a throw.

import { readdir } from "node:fs/promises";

import { BottleError } from "#domain/bottle-error.ts";
import type { InboxItem } from "#domain/fleet/fleet.ts";
import { Decision, Undo } from "#domain/proposal/decision.ts";
import { digestInput, Proposal, Seen } from "#domain/proposal/proposal.ts";
import { isErrno } from "#lib/atomic-file.ts";
import { sha256 } from "#lib/hash.ts";

import { parseQueueFile, queueFile, queueFolders, type QueueOf, type QueuePart } from "./queue-files.ts";
import { type Checked, readChecked } from "./read-checked.ts";

/** A proposal with its files; what the proxy saw of it is in uses.json (readUses). */
export type QueueItem = Omit<InboxItem, "use">;

export interface StoreProblem {
  /** The file. */
  readonly where: string;
  readonly message: string;
}

export interface QueueRead {
  /** Oldest first. */
  readonly items: readonly QueueItem[];
  readonly problems: readonly StoreProblem[];
}

/** One proposal, in the queue or archived. Throws `not-found`, or `invalid` when its files cannot be trusted. */
export async function readProposal(of: QueueOf, id: string): Promise<QueueItem> {
  const { queue, archive } = queueFolders(of);
  // A second look into the queue, for one that is taken back from the archive meanwhile.
  for (const folder of [queue, archive, queue]) {
    const item = await readItem(folder, of.slug, id);
    if (item.state === "ok") return item.value;
    if (item.state === "bad") throw new BottleError("invalid", item.message, { where: item.where });
  }
  throw new BottleError("not-found", `there is no proposal ${id}`, {
    where: queue,
    hint: "see `bottle-dash proposals --all`",
  });
}

/** Pending and decided proposals; those in the archive are not looked at. */
export async function readQueue(of: QueueOf): Promise<QueueRead> {
  const { queue } = queueFolders(of);
  const items: QueueItem[] = [];
  const problems: StoreProblem[] = [];
  for (const id of idsIn(await namesIn(queue))) {
    const item = await readItem(queue, of.slug, id);
    if (item.state === "ok") items.push(item.value);
    if (item.state === "bad") problems.push({ where: item.where, message: item.message });
  }
  return { items, problems };
}

/** Archived ids, newest first: one directory listing, no file is opened. */
export async function archivedIds(of: QueueOf): Promise<string[]> {
  return idsIn(await namesIn(queueFolders(of).archive)).toReversed();
}

/** Archived proposals, newest first, each read when it is asked for: stop iterating when you have enough. */
export async function* readArchive(of: QueueOf): AsyncGenerator<QueueItem | StoreProblem, void, void> {
  const { archive } = queueFolders(of);
  for (const id of await archivedIds(of)) {
    const item = await readItem(archive, of.slug, id);
    if (item.state === "ok") yield item.value;
    if (item.state === "bad") yield { where: item.where, message: item.message };
  }
}

/** The slugs that have a queue, sorted. */
export async function slugsWithQueue(queueRoot: string): Promise<string[]> {
  return (await namesIn(queueRoot)).toSorted();
}

/** File names in a folder; none when there is no such folder. */
export async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isErrno(error, "ENOENT") || isErrno(error, "ENOTDIR")) return [];
    throw error;
  }
}

export function idsIn(names: readonly string[], part: QueuePart = "proposal"): string[] {
  return names
    .map((name) => parseQueueFile(name))
    .filter((file) => file?.part === part)
    .map((file) => file!.id)
    .toSorted();
}

export type CheckedAt<T> = Exclude<Checked<T>, { state: "bad" }> | { state: "bad"; message: string; where: string };

/** Bad when any file of it is: one whose decision cannot be read must not look pending. */
export async function readItem(folder: string, slug: string, id: string): Promise<CheckedAt<QueueItem>> {
  const proposal = await readOwn(folder, slug, id);
  if (proposal.state !== "ok") return proposal;
  const [seen, decision, undo] = await Promise.all([
    readPart(folder, id, "seen", Seen),
    readPart(folder, id, "decision", Decision),
    readPart(folder, id, "undo", Undo),
  ]);
  for (const part of [seen, decision, undo]) if (part.state === "bad") return part;
  const item = { proposal: proposal.value, seen: valueOf(seen), decision: valueOf(decision), undo: valueOf(undo) };
  const wrong = mismatch(item);
  return wrong === undefined
    ? { state: "ok", value: item }
    : { state: "bad", message: wrong.message, where: queueFile(folder, id, wrong.part) };
}

/** The proposal alone: of this bottle, under its own name, with the digest of its content. */
export async function readOwn(folder: string, slug: string, id: string): Promise<CheckedAt<Proposal>> {
  const proposal = await readPart(folder, id, "proposal", Proposal);
  if (proposal.state !== "ok") return proposal;
  const where = queueFile(folder, id, "proposal");
  const { value } = proposal;
  if (value.id !== id) return { state: "bad", where, message: `id is ${value.id}, not that of the file` };
  if (value.bottle_slug !== slug) {
    return {
      state: "bad",
      where,
      message: `bottle_slug is ${JSON.stringify(value.bottle_slug)}, but it is in the queue of ${slug}`,
    };
  }
  if (proposalDigest(value) !== value.digest) {
    return { state: "bad", where, message: "digest does not match the content: the file was changed" };
  }
  return proposal;
}

export function proposalDigest(proposal: Omit<Proposal, "digest"> & { digest?: string }): string {
  return `sha256:${sha256(digestInput(proposal))}`;
}

export async function readPart<S extends typeof Proposal | typeof Seen | typeof Decision | typeof Undo>(
  folder: string,
  id: string,
  part: QueuePart,
  schema: S,
): Promise<CheckedAt<ReturnType<S["parse"]>>> {
  const where = queueFile(folder, id, part);
  const checked = (await readChecked(where, schema)) as Checked<ReturnType<S["parse"]>>;
  return checked.state === "bad" ? { ...checked, where } : checked;
}

function mismatch({ proposal, decision, undo }: QueueItem): { part: QueuePart; message: string } | undefined {
  for (const [part, file] of [
    ["decision", decision],
    ["undo", undo],
  ] as const) {
    if (file === null) continue;
    if (file.id !== proposal.id) return { part, message: `id is ${file.id}, not that of the proposal` };
    if (file.digest !== proposal.digest)
      return { part, message: "digest is not that of the proposal: it was made for another content" };
  }
  return undefined;
}

function valueOf<T>(checked: CheckedAt<T>): T | null {
  return checked.state === "ok" ? checked.value : null;
}
