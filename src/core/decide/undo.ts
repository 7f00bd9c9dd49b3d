// Takes a decision back: exactly the route or the exception that it added goes, or what was rejected is asked again.

import { writeTable } from "#core/egress/write-table.ts";
import { errorText } from "#core/error-text.ts";
import { isRebuild } from "#core/rebuild/apply.ts";
import { refuseUndoOfOlder, undoRebuild } from "#core/rebuild/undo.ts";
import { BottleError } from "#domain/bottle-error.ts";
import { isFindingKind, withoutDecision } from "#domain/proposal/approved-exception.ts";
import type { Applied, Undo } from "#domain/proposal/decision.ts";
import { describeProposal } from "#domain/proposal/describe.ts";
import type { Proposal, ProposalDraft } from "#domain/proposal/proposal.ts";
import { appendAudit } from "#lib/store/audit-log.ts";
import { createProposal } from "#lib/store/create-proposal.ts";
import { setApplied } from "#lib/store/decide.ts";
import { type QueueItem, readProposal, readQueue } from "#lib/store/read-queue.ts";
import { readRoutes, withRoutesLock } from "#lib/store/routes-file.ts";
import { setUndone, undo } from "#lib/store/undo.ts";

import { changeOf } from "./apply.ts";
import { unkeepInDefinition } from "./definition.ts";
import type { Desk } from "./desk.ts";
import { whenLive } from "./when-live.ts";

/**
 * Resolves with `applied` set. Throws `conflict` for one that is undone already, `refused` for one that is not decided and
 * for an answer that the agent has read, `not-found`.
 */
export async function undoDecision(desk: Desk, slug: string, id: string, notes: string): Promise<Undo> {
  const of = { root: desk.root, slug };
  const item = await readProposal(of, id);
  const { proposal, decision } = item;
  if (decision !== null && proposal.kind === "question" && decision.status !== "rejected") {
    throw new BottleError("refused", "an answer cannot be taken back: the agent has it", { where: id });
  }
  if (isRebuild(item)) await refuseUndoOfOlder(desk.root, slug, item);
  await undo(of, { id, digest: proposal.digest, notes, decided_by: desk.decidedBy }, desk.now());
  await record(
    desk,
    slug,
    proposal,
    `undone: ${decision?.status ?? "undecided"} ${id}, ${describeProposal(proposal).title}${notes === "" ? "" : `: ${notes}`}`,
  );
  const made = await completeUndo(desk, slug, id, true);
  if (made === undefined) throw new BottleError("failed", "the undo was not completed", { where: id });
  return made;
}

/** What an undo has to do, also when the one who began it died. Without `wait` undefined while somebody is at it. */
export async function completeUndo(desk: Desk, slug: string, id: string, wait: boolean): Promise<Undo | undefined> {
  const of = { root: desk.root, slug };
  const item = await readProposal(of, id);
  if (item.undo === null) throw new BottleError("not-found", `proposal ${id} is not undone`);
  if (item.undo.applied !== undefined) return item.undo;
  if (item.decision?.status === "rejected") {
    const reopened_as = await reopen(desk, slug, item.proposal);
    return setUndone(of, id, { applied: { ok: true, detail: `asked again as ${reopened_as}` }, reopened_as });
  }
  const applied = isRebuild(item) ? await undoRebuild(desk, slug, id, wait) : await takeBack(desk, slug, item);
  return applied === undefined ? undefined : setUndone(of, id, { applied });
}

async function reopen(desk: Desk, slug: string, proposal: Proposal): Promise<string> {
  const of = { root: desk.root, slug };
  const { items } = await readQueue(of);
  const done = items.find((item) => item.proposal.reopens === proposal.id);
  if (done !== undefined) return done.proposal.id;
  const { kind, payload, justification } = proposal;
  // Nobody holds the request any more, and no deadline runs.
  const origin = proposal.origin === "held-request" ? "blocked-request" : proposal.origin;
  const draft = { kind, payload, justification, origin, reopens: proposal.id } as ProposalDraft;
  return (await createProposal(of, draft, desk.now())).proposal.id;
}

async function takeBack(desk: Desk, slug: string, item: QueueItem): Promise<Applied> {
  const kept = await unkeep(desk, slug, item.proposal.id);
  const gone = await removeRoute(desk, slug, item);
  return { ...gone, ok: gone.ok && kept.ok, detail: `${gone.detail}${kept.detail}` };
}

async function removeRoute(desk: Desk, slug: string, item: QueueItem): Promise<Applied> {
  const of = { root: desk.root, slug };
  const { id, kind } = item.proposal;
  const its = isFindingKind(kind) ? "its exception" : "its route";
  try {
    return await withRoutesLock(of, async () => {
      const { table } = await readRoutes(of);
      const rest = withoutDecision(table, id);
      const { digest } = await writeTable(of, rest);
      await closeUnapplied(of, id);
      const live = await whenLive(desk, slug, digest);
      if (live.ok)
        return {
          ok: true,
          detail: rest === table ? `${its} was gone already` : `${its} is gone`,
          policy_version: live.version,
        };
      // A proxy that does not answer enforces nothing, and starts with the table on disk; one that answers is at fault.
      const answers = await desk.egressStatus(slug).then(
        () => true,
        () => false,
      );
      return answers ? { ok: false, detail: live.why } : { ok: true, detail: `${its} is gone; the proxy does not run` };
    });
  } catch (error) {
    if (error instanceof BottleError && error.code === "not-found")
      return { ok: true, detail: `the bottle is gone, and ${its} with it` };
    throw error;
  }
}

/** An approval that was never finished will not be, now. */
async function closeUnapplied(of: { root: string; slug: string }, id: string): Promise<void> {
  const { decision } = await readProposal(of, id);
  if (decision?.applied === undefined) await setApplied(of, id, { ok: false, detail: "undone before it took effect" });
}

async function unkeep(desk: Desk, slug: string, id: string): Promise<Applied> {
  try {
    const path = await unkeepInDefinition(desk.root, slug, id);
    return { ok: true, detail: path === undefined ? "" : `, in ${path} too` };
  } catch (error) {
    return { ok: false, detail: `, but not in the definition: ${errorText(error)}` };
  }
}

async function record(desk: Desk, slug: string, proposal: Proposal, detail: string): Promise<void> {
  const change = changeOf(proposal, null);
  await appendAudit(
    { root: desk.root, slug },
    {
      actor: desk.actor,
      action: "undo",
      component: "inbox",
      detail,
      ...(change === undefined
        ? {}
        : {
            diff: change.diff.map((line) => line.replace(/^\+/, "-")).join("\n"),
          }),
    },
    desk.now(),
  );
}
