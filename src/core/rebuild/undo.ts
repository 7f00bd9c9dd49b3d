// Takes an approved Dockerfile back: the bottle is made anew from what it was made from before, where that is known.

import { rm } from "node:fs/promises";

import { approvedDockerfile } from "#core/console/dockerfile.ts";
import type { Desk } from "#core/decide/desk.ts";
import { BottleError } from "#domain/bottle-error.ts";
import { dockerfileProblems } from "#domain/proposal/dockerfile-problems.ts";
import type { Applied } from "#domain/proposal/decision.ts";
import { writeAtomic } from "#lib/atomic-file.ts";
import { bottlePaths } from "#lib/paths.ts";
import { appendAudit } from "#lib/store/audit-log.ts";
import { setApplied } from "#lib/store/decide.ts";
import type { QueueOf } from "#lib/store/queue-files.ts";
import { readProposal } from "#lib/store/read-queue.ts";

import { approvedText, isRebuild, type RebuildItem } from "./apply.ts";
import { buildReport } from "./build-report.ts";
import { oneAtATime, unlessUnderway } from "./one-at-a-time.ts";
import { isUndoBegun, markUndoBegun, readRecord, type RebuildRecord } from "./record.ts";
import { rebuilderOf } from "./rebuilder.ts";
import { showDockerfile } from "./shown-dockerfile.ts";

const AGAIN = "stop it and resume it";

/** What became of it. Waits for whoever builds just now, unless `wait` is false: undefined then. */
export async function undoRebuild(desk: Desk, slug: string, id: string, wait: boolean): Promise<Applied | undefined> {
  const of = { root: desk.root, slug };
  try {
    if (wait) return await oneAtATime(of, () => takeBack(desk, of, id));
    return (await unlessUnderway(of, () => takeBack(desk, of, id)))?.result;
  } catch (error) {
    if (!(error instanceof BottleError) || error.code !== "not-found") throw error;
    return { ok: true, detail: "the bottle is gone, and its image with it" };
  }
}

/** Throws `refused` when another one was approved since: that goes first. */
export async function refuseUndoOfOlder(root: string, slug: string, item: RebuildItem): Promise<void> {
  if (item.decision.applied?.ok !== true) return;
  const kept = await approvedDockerfile(root, slug);
  if (kept === undefined || kept === approvedText(item)) return;
  throw new BottleError("refused", "the bottle is made from another Dockerfile by now", {
    where: item.proposal.id,
    hint: "undo the newer approval first (see `bottle-dash proposals --all`)",
  });
}

async function takeBack(desk: Desk, of: QueueOf, id: string): Promise<Applied> {
  const item = await readProposal(of, id);
  if (!isRebuild(item)) throw new BottleError("not-found", `proposal ${id} is no approved Dockerfile`);
  const { applied } = item.decision;
  if (applied === undefined) await setApplied(of, id, { ok: false, detail: "undone before it took effect" });
  const record = await readRecord(of, id);
  if (applied?.ok !== true || record === undefined) return { ok: true, detail: "there is nothing to take back" };
  if ((await approvedDockerfile(of.root, of.slug)) !== approvedText(item)) {
    return { ok: true, detail: "the bottle is not made from it any more" };
  }
  if (await isUndoBegun(of, id)) {
    return { ok: false, detail: `whoever undid it was interrupted; ${AGAIN} to be sure of its image` };
  }
  await markUndoBegun(of, id, desk.now());
  const undone = await madeFrom(desk, of, record);
  await tell(desk, of, item, undone);
  return undone;
}

async function madeFrom(desk: Desk, of: QueueOf, record: RebuildRecord): Promise<Applied> {
  const { before } = record;
  // The definition's own file may take files from its folder, which a rebuild has not.
  if (before === null || dockerfileProblems(before).length > 0) {
    await keepBefore(of, record);
    return { ok: true, detail: `its next start is from the definition's own image: ${AGAIN}` };
  }
  if (!(await isRunning(desk, of.slug))) {
    await keepBefore(of, record);
    return { ok: true, detail: "the bottle does not run; its next start is from what it was made from before" };
  }
  const report = buildReport(() => {});
  try {
    const rebuild = await rebuilderOf(desk, of.slug);
    await rebuild(before, report.progress, desk.closed);
  } catch (error) {
    await keepBefore(of, record);
    return { ok: false, detail: `${report.failure(error)}; the bottle goes on as it is, until you ${AGAIN}` };
  }
  await keepBefore(of, record);
  return { ok: true, detail: "the bottle was made anew from what it was made from before" };
}

async function isRunning(desk: Desk, slug: string): Promise<boolean> {
  const backend = await desk.backend(slug);
  return (await backend.open(slug).status()).phase === "running";
}

/** What the next start is made from: the approved one of before, else whatever the definition says. */
async function keepBefore(of: QueueOf, { before, before_approved }: RebuildRecord): Promise<void> {
  const { dockerfile } = bottlePaths(of.root, of.slug).agent;
  await showDockerfile(of, before ?? undefined);
  if (before_approved && before !== null) await writeAtomic(dockerfile, before);
  else await rm(dockerfile, { force: true });
}

async function tell(desk: Desk, of: QueueOf, { proposal }: RebuildItem, { ok, detail }: Applied): Promise<void> {
  await appendAudit(
    of,
    {
      actor: desk.actor,
      action: "rebuild",
      component: "bottle",
      detail: `${ok ? "" : "not "}taken back ${proposal.id}: ${detail}`,
    },
    desk.now(),
  );
}
