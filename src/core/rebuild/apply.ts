// Makes an approved Dockerfile what its bottle is made from: built once, by whoever decided or by whoever finishes for one
// that died. Builds take minutes, so a lock and a record of their own say who is at it.

import { approvedDockerfile, dockerfileOf } from "#core/console/dockerfile.ts";
import type { Desk } from "#core/decide/desk.ts";
import { BottleError } from "#domain/bottle-error.ts";
import type { LaunchStep } from "#domain/launch/step.ts";
import type { Applied, Decision } from "#domain/proposal/decision.ts";
import { describeProposal } from "#domain/proposal/describe.ts";
import type { ProposalOf } from "#domain/proposal/proposal.ts";
import { appendAudit } from "#lib/store/audit-log.ts";
import { setApplied } from "#lib/store/decide.ts";
import type { QueueOf } from "#lib/store/queue-files.ts";
import { type QueueItem, readProposal } from "#lib/store/read-queue.ts";

import { buildReport } from "./build-report.ts";
import { oneAtATime, unlessUnderway } from "./one-at-a-time.ts";
import { readRecord, writeRecord } from "./record.ts";
import { rebuilderOf } from "./rebuilder.ts";
import { showDockerfile } from "./shown-dockerfile.ts";

/** An approval that nobody began to build for so long is not built any more: the operator would not expect it. */
const FORGOTTEN_MS = 120_000;

export interface RebuildItem extends QueueItem {
  readonly proposal: ProposalOf<"capability-block">;
  readonly decision: Decision;
}

/** The decision with `applied`, when the build is over. Never throws for a build that fails. */
export async function applyRebuild(
  desk: Desk,
  slug: string,
  id: string,
  progress: (step: LaunchStep) => void,
): Promise<Decision> {
  const of = { root: desk.root, slug };
  try {
    return await oneAtATime(of, () => settle(desk, of, id, (item) => build(desk, of, item, progress)));
  } catch (error) {
    return await goneToo(of, id, error);
  }
}

/** For a decision whose maker may have died; undefined while somebody is at it. */
export async function completeRebuild(desk: Desk, slug: string, id: string): Promise<Decision | undefined> {
  const of = { root: desk.root, slug };
  try {
    const done = await unlessUnderway(of, () => settle(desk, of, id, (item) => finish(desk, of, item)));
    return done?.result;
  } catch (error) {
    return await goneToo(of, id, error);
  }
}

/** What was approved: the operator's edit, else the proposal's own file. */
export function approvedText({ proposal, decision }: Pick<RebuildItem, "proposal" | "decision">): string {
  const edited = decision.final_payload;
  return edited !== undefined && "dockerfile" in edited ? edited.dockerfile : proposal.payload.dockerfile;
}

async function settle(
  desk: Desk,
  of: QueueOf,
  id: string,
  apply: (item: RebuildItem) => Promise<Applied>,
): Promise<Decision> {
  const item = await readProposal(of, id);
  if (!isRebuild(item)) throw new BottleError("not-found", `proposal ${id} is no approved Dockerfile`);
  if (item.decision.applied !== undefined || item.decision.status === "rejected") return item.decision;
  const applied = await apply(item);
  await record(desk, of, item, applied);
  return await setApplied(of, id, applied);
}

async function build(
  desk: Desk,
  of: QueueOf,
  item: RebuildItem,
  progress: (step: LaunchStep) => void,
): Promise<Applied> {
  const id = item.proposal.id;
  if ((await readRecord(of, id)) !== undefined) return await interrupted(of, item);
  const report = buildReport(progress);
  try {
    const rebuild = await rebuilderOf(desk, of.slug);
    const kept = await approvedDockerfile(of.root, of.slug);
    await writeRecord(of, id, {
      began_at: desk.now().toISOString(),
      before: kept ?? (await dockerfileOf(of.root, of.slug)) ?? null,
      before_approved: kept !== undefined,
    });
    await rebuild(approvedText(item), report.progress, desk.closed);
    await showDockerfile(of, approvedText(item));
    return { ok: true, detail: "live: the bottle was made anew from it, and its agent started again" };
  } catch (error) {
    const why = desk.closed.aborted ? "whoever approved it left before it was done" : report.failure(error);
    return { ok: false, detail: `${why}; the bottle goes on as it was` };
  }
}

/** For one that nobody is at: begun and not ended is reported, never begun is built, unless that is long ago. */
async function finish(desk: Desk, of: QueueOf, item: RebuildItem): Promise<Applied> {
  if ((await readRecord(of, item.proposal.id)) !== undefined) return await interrupted(of, item);
  const age = desk.now().getTime() - new Date(item.decision.decided_at).getTime();
  if (age > FORGOTTEN_MS) return { ok: false, detail: "whoever approved it was interrupted; it has to be asked again" };
  return await build(desk, of, item, () => {});
}

/** The backend keeps the file when the new bottle runs: so it tells whether the one that died got so far. */
async function interrupted(of: QueueOf, item: RebuildItem): Promise<Applied> {
  if ((await approvedDockerfile(of.root, of.slug)) !== approvedText(item)) {
    return { ok: false, detail: "whoever approved it was interrupted while it was built; it has to be asked again" };
  }
  await showDockerfile(of, approvedText(item));
  return {
    ok: true,
    detail: "live: the bottle was made anew from it; whoever approved it was interrupted right after",
  };
}

async function record(desk: Desk, of: QueueOf, item: RebuildItem, applied: Applied): Promise<void> {
  const before = (await readRecord(of, item.proposal.id))?.before ?? "";
  const text = approvedText(item);
  const { title, diff } = describeProposal({ ...item.proposal, payload: { dockerfile: text } }, before);
  await appendAudit(
    of,
    {
      actor: desk.actor,
      action: "rebuild",
      component: "bottle",
      detail: `${applied.ok ? "" : "not "}rebuilt for ${item.proposal.id}, ${title}: ${applied.detail}`,
      ...(applied.ok && diff.length > 0 ? { diff: diff.join("\n") } : {}),
    },
    desk.now(),
  );
}

async function goneToo(of: QueueOf, id: string, error: unknown): Promise<Decision> {
  if (!(error instanceof BottleError) || error.code !== "not-found") throw error;
  return await setApplied(of, id, { ok: false, detail: "the bottle is gone: nothing was changed" });
}

export function isRebuild(item: QueueItem): item is RebuildItem {
  return item.proposal.kind === "capability-block" && item.decision !== null;
}
