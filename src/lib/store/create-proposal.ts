// Puts a proposal into a bottle's queue, or folds it into the pending one that asks for the same.

import { randomBytes } from "node:crypto";

import { BottleError } from "#domain/bottle-error.ts";
import { newProposalId, proposalTime } from "#domain/proposal/id.ts";
import { foldKey, Proposal, type ProposalDraft, Seen } from "#domain/proposal/proposal.ts";
import { createExclusive, writeAtomic } from "#lib/atomic-file.ts";

import { withLock } from "./lock.ts";
import { queueFile, queueFolders, queueLock, type QueueFolders, type QueueOf } from "./queue-files.ts";
import { idsIn, namesIn, proposalDigest, readOwn, readPart } from "./read-queue.ts";
import { checkValue } from "./read-checked.ts";

export interface Created {
  readonly proposal: Proposal;
  /** True: `proposal` is the one that was there already, and its count was raised. */
  readonly folded: boolean;
}

/** What is in the queue when a new proposal wants in. */
interface QueueLoad {
  /** Undecided ones for whose answer somebody may still wait: not those past their deadline. */
  readonly pending: number;
  /** Those of `pending` that came this way. */
  readonly pendingFrom: (...origins: readonly Proposal["origin"][]) => number;
  /** When each proposal in the queue was made, decided ones too; oldest first. */
  readonly created: readonly Date[];
}

export interface CreateOptions {
  /** At least `size` random bytes. */
  readonly random?: (size: number) => Uint8Array;
  /** The caller's limits: throw to refuse. Not asked for a folded duplicate, which costs nothing. */
  readonly admit?: (load: QueueLoad) => void;
  /**
   * A decided proposal that answers this one already; it is returned as folded, unchanged. Asked under the queue's lock
   * when nothing pending folds, so that no decision falls between the look and the creation.
   */
  readonly earlier?: () => Promise<Proposal | undefined>;
}

/** Throws `invalid`, naming the field, for a draft that readers would refuse; whatever `admit` throws; `failed` on a full disk. */
export async function createProposal(
  of: QueueOf,
  draft: ProposalDraft,
  now: Date,
  options: CreateOptions = {},
): Promise<Created> {
  const folders = queueFolders(of);
  const proposal = complete(of, draft, now, options.random ?? randomBytes);
  return withLock(queueLock(folders), async () => {
    const names = await namesIn(folders.queue);
    const pending = await readPending(folders, of.slug, names, now);
    const same = findSame(pending, proposal, now);
    if (same !== undefined) {
      await raise(folders, same, proposal, now);
      return { proposal: same, folded: true };
    }
    const earlier = await options.earlier?.();
    if (earlier !== undefined) return { proposal: earlier, folded: true };
    options.admit?.({
      pending: pending.length,
      pendingFrom: (...origins) => pending.filter((other) => other !== "bad" && origins.includes(other.origin)).length,
      created: idsIn(names).flatMap((id) => proposalTime(id) ?? []),
    });
    const created = await createExclusive(
      queueFile(folders.queue, proposal.id, "proposal"),
      `${JSON.stringify(proposal)}\n`,
    );
    if (!created)
      throw new BottleError("conflict", `there is a proposal ${proposal.id} already`, {
        where: folders.queue,
        hint: "try again",
      });
    return { proposal, folded: false };
  });
}

function complete({ slug }: QueueOf, draft: ProposalDraft, now: Date, random: (size: number) => Uint8Array): Proposal {
  const said = {
    version: 1 as const,
    id: newProposalId(now, random(5)),
    bottle_slug: slug,
    created_at: now.toISOString(),
    ...draft,
  };
  const checked = checkValue({ ...said, digest: proposalDigest(said as Proposal) }, Proposal);
  if (checked.state === "ok") return checked.value;
  throw new BottleError("invalid", checked.message, { where: "proposal" });
}

/** Those that wait at `now`; one that cannot be read waits too, until the operator has looked at it. */
async function readPending(
  folders: QueueFolders,
  slug: string,
  names: readonly string[],
  now: Date,
): Promise<readonly (Proposal | "bad")[]> {
  const decided = new Set(idsIn(names, "decision"));
  const pending: (Proposal | "bad")[] = [];
  for (const id of idsIn(names)) {
    if (decided.has(id)) continue;
    const read = await readOwn(folders.queue, slug, id);
    if (read.state === "bad") pending.push("bad");
    if (read.state === "ok" && isOpen(read.value, now)) pending.push(read.value);
  }
  return pending;
}

function isOpen({ deadline }: Proposal, now: Date): boolean {
  return deadline === undefined || new Date(deadline) > now;
}

function findSame(pending: readonly (Proposal | "bad")[], proposal: Proposal, now: Date): Proposal | undefined {
  const key = foldKey(proposal);
  if (key === undefined) return undefined;
  for (const other of pending) {
    if (other !== "bad" && foldKey(other) === key && canTake(other, proposal, now)) return other;
  }
  return undefined;
}

/**
 * One with a deadline takes no duplicate whose author waits without one: it would drop out of the inbox under that author.
 * For a blocked request nobody waits.
 */
function canTake(pending: Proposal, duplicate: Proposal, now: Date): boolean {
  if (pending.deadline === undefined) return true;
  return isOpen(pending, now) && (duplicate.deadline !== undefined || duplicate.origin === "blocked-request");
}

async function raise({ queue }: QueueFolders, same: Proposal, duplicate: Proposal, now: Date): Promise<void> {
  const old = await readPart(queue, same.id, "seen", Seen);
  const before = old.state === "ok" ? old.value : firstSeen(same);
  const justification = before.justification ?? (same.justification.trim() === "" ? duplicate.justification : "");
  const seen: Seen = {
    count: before.count + countOf(duplicate),
    first_seen: before.first_seen,
    last_seen: now.toISOString(),
    ...(justification.trim() === "" ? {} : { justification }),
  };
  await writeAtomic(queueFile(queue, same.id, "seen"), `${JSON.stringify(seen)}\n`);
}

function firstSeen(proposal: Proposal): Seen {
  const first = (proposal.kind === "egress-block" ? proposal.payload.first_seen : undefined) ?? proposal.created_at;
  return { count: countOf(proposal), first_seen: first, last_seen: first };
}

function countOf(proposal: Proposal): number {
  return (proposal.kind === "egress-block" ? proposal.payload.count : undefined) ?? 1;
}
