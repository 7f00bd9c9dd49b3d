// Makes an approval live: its route, or its exception for a finding, goes into the table, the proxy shows it, and only then the decision says so.
//
// All under the lock of the bottle's routes, and safe to do again: whoever finds a decision that a dead decider left
// without `applied` calls the same function.

import { writeTable } from "#core/egress/write-table.ts";
import { errorText } from "#core/error-text.ts";
import { applyRebuild } from "#core/rebuild/apply.ts";
import { BottleError } from "#domain/bottle-error.ts";
import type { RouteTable } from "#domain/egress/route.ts";
import type { LaunchStep } from "#domain/launch/step.ts";
import { exceptionOf, isFinding, withException, withoutDecision } from "#domain/proposal/approved-exception.ts";
import { approvedRule, definitionRouteOf, tableRouteOf } from "#domain/proposal/approved-route.ts";
import type { Applied, Decision } from "#domain/proposal/decision.ts";
import { describeProposal, describeRule, exceptionDiff, ruleDiff } from "#domain/proposal/describe.ts";
import type { EgressBlockPayload, Proposal } from "#domain/proposal/proposal.ts";
import { appendAudit } from "#lib/store/audit-log.ts";
import { setApplied } from "#lib/store/decide.ts";
import { type QueueItem, readProposal } from "#lib/store/read-queue.ts";
import { readUses } from "#lib/store/read-uses.ts";
import { readRoutes, withRoutesLock } from "#lib/store/routes-file.ts";

import { credentialSlot, keepInDefinition } from "./definition.ts";
import type { Desk } from "./desk.ts";
import { whenLive } from "./when-live.ts";

/** An approval whose decider died this long ago is not made live any more: the operator would not expect it. */
const FORGOTTEN_MS = 120_000;

/** The decision with `applied`; at once when it has it already. Throws `not-found` for an undecided proposal. */
export async function applyDecision(
  desk: Desk,
  slug: string,
  id: string,
  progress: (step: LaunchStep) => void = () => {},
): Promise<Decision> {
  const of = { root: desk.root, slug };
  const found = await pendingApply(of, id);
  if (found.done) return found.decision;
  if (found.item.proposal.kind === "capability-block") return await applyRebuild(desk, slug, id, progress);
  try {
    return await withRoutesLock(of, async () => {
      const again = await pendingApply(of, id); // somebody else may have applied it while we waited
      return again.done
        ? again.decision
        : finish(desk, slug, again.item, await makeLive(desk, slug, again.item, again.decision));
    });
  } catch (error) {
    if (!(error instanceof BottleError) || error.code !== "not-found") throw error;
    return finish(desk, slug, found.item, failed("the bottle is gone: nothing was changed"));
  }
}

type Pending =
  | { readonly done: true; readonly decision: Decision }
  | { readonly done: false; readonly item: QueueItem; readonly decision: Decision };

async function pendingApply(of: { root: string; slug: string }, id: string): Promise<Pending> {
  const item = await readProposal(of, id);
  const { decision } = item;
  if (decision === null) throw new BottleError("not-found", `proposal ${id} is not decided`);
  return decision.applied !== undefined || decision.status === "rejected"
    ? { done: true, decision }
    : { done: false, item, decision };
}

async function makeLive(desk: Desk, slug: string, item: QueueItem, decision: Decision): Promise<Applied> {
  if (item.proposal.kind === "question") return { ok: true, detail: "answered" };
  const of = { root: desk.root, slug };
  const { uses } = await readUses(of);
  if (Object.hasOwn(uses, decision.id)) return { ok: true, detail: "live: the agent used it already" };
  const { table } = await readRoutes(of);
  const isThere = withoutDecision(table, decision.id) !== table;
  const late = isThere ? undefined : tooLate(decision, desk.now());
  if (late !== undefined) return failed(late);
  const grown = isThere ? table : await grow(desk, slug, table, item.proposal, decision);
  if (typeof grown === "string") return failed(grown);
  const { digest } = await writeTable(of, grown);
  const live = await whenLive(desk, slug, digest);
  if (!live.ok) {
    await writeTable(of, withoutDecision(grown, decision.id));
    return failed(`${live.why}; the rule was taken back`);
  }
  const rule = approvedRule(item.proposal, decision);
  const kept = decision.scope === "manifest" && rule !== undefined ? await keep(desk, slug, rule, decision) : "";
  return { ok: true, detail: `live${kept}`, policy_version: live.version };
}

function tooLate(decision: Decision, now: Date): string | undefined {
  if (decision.expires_at !== undefined && new Date(decision.expires_at) <= now)
    return "its time was over before it could take effect";
  const age = now.getTime() - new Date(decision.decided_at).getTime();
  return age > FORGOTTEN_MS ? "whoever approved it was interrupted; approve it again" : undefined;
}

/** The table with what the decision allows, or why it cannot be had. */
async function grow(
  desk: Desk,
  slug: string,
  table: RouteTable,
  proposal: Proposal,
  decision: Decision,
): Promise<RouteTable | string> {
  if (isFinding(proposal)) return withException(table, exceptionOf(proposal, decision));
  const rule = approvedRule(proposal, decision);
  if (rule === undefined) return table;
  const slot = rule.auth === undefined ? undefined : await credentialSlot(desk.root, slug, rule.auth.token_ref);
  if (rule.auth !== undefined && slot === undefined) return `this bottle has no credential ${rule.auth.token_ref}`;
  return { ...table, routes: [...table.routes, tableRouteOf(rule, decision, slot)] };
}

/** It is live; that it cannot be kept as well costs only the next bottle, and is said. */
async function keep(desk: Desk, slug: string, rule: EgressBlockPayload, decision: Decision): Promise<string> {
  try {
    const path = await keepInDefinition(desk.root, slug, decision.id, definitionRouteOf(rule));
    return `, and kept in ${path}`;
  } catch (error) {
    return `, but not kept: ${errorText(error)}`;
  }
}

async function finish(desk: Desk, slug: string, item: QueueItem, applied: Applied): Promise<Decision> {
  const of = { root: desk.root, slug };
  const { proposal, decision } = item;
  const change = changeOf(proposal, decision);
  if (change !== undefined) {
    await appendAudit(
      of,
      {
        actor: desk.actor,
        action: "policy-applied",
        component: "egress",
        detail: `${applied.ok ? "" : "not "}applied ${proposal.id}, ${change.title}: ${applied.detail}`,
        ...(applied.ok ? { diff: change.diff.join("\n") } : {}),
      },
      desk.now(),
    );
  }
  return setApplied(of, proposal.id, applied);
}

/** What the decision adds to the table, for the audit; undefined for an answer. */
export function changeOf(
  proposal: Proposal,
  decision: Decision | null,
): { readonly title: string; readonly diff: readonly string[] } | undefined {
  if (isFinding(proposal)) return { title: describeProposal(proposal).title, diff: exceptionDiff(proposal) };
  const rule = approvedRule(proposal, decision);
  return rule === undefined ? undefined : { title: describeRule(rule), diff: ruleDiff(rule) };
}

function failed(detail: string): Applied {
  return { ok: false, detail };
}
