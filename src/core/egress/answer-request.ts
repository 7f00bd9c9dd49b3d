// The operator's word on one request that was seen: a proposal decided at once, or the rule behind it taken back.

import type { EgressAnswer } from "#contracts/console.ts";
import { approve, reject } from "#core/decide/decide.ts";
import { type Desk, openDesk } from "#core/decide/desk.ts";
import { undoDecision } from "#core/decide/undo.ts";
import { BottleError } from "#domain/bottle-error.ts";
import type { EgressRequest } from "#domain/egress/control.ts";
import { covers } from "#domain/egress/covers.ts";
import type { RouteTable, TableRoute } from "#domain/egress/route.ts";
import { type Allowing, allowingOf, isAbout, shownKey } from "#domain/proposal/allowing.ts";
import { describeProposal, describeRule } from "#domain/proposal/describe.ts";
import type { EgressBlockPayload, Proposal, ProposalDraft } from "#domain/proposal/proposal.ts";
import { createProposal } from "#lib/store/create-proposal.ts";
import { readQueue } from "#lib/store/read-queue.ts";
import { readRoutes } from "#lib/store/routes-file.ts";

import { addRoutes } from "./operator-edit.ts";
import { type EditedBottle, putInForce } from "./put-in-force.ts";

const NOTES = "allowed from the list of requests";

/**
 * Until the bottle stops. `shown` is the key of what the operator saw (domain/proposal/allowing.ts). Throws `conflict` when
 * that is not what it would be now, `refused` where no rule can allow it, `unavailable` when the proxy does not take it.
 */
export async function allowRequest(of: EditedBottle, request: EgressRequest, shown: string): Promise<EgressAnswer> {
  const desk = openDesk(of.root, of.now);
  const allowing = allowingOf(request, await pending(of));
  if (shownKey(allowing) !== shown) throw changed(allowing);
  if (allowing.type === "waiting") return await approved(desk, allowing.proposal);
  const { draft, clear } = allowing;
  if (draft.kind === "egress-block") {
    const { table } = await readRoutes(of);
    if (liveRoutes(table, of.now()).some((route) => covers(route, request))) {
      throw new BottleError("conflict", "the table allows it already", { where: request.host });
    }
    if (clear) return await addInTheClear(of, draft.payload);
  }
  return await approved(desk, await propose(of, { ...draft, justification: "", origin: "blocked-request" }));
}

/** Throws `not-found` when nothing waits and nothing allows it. The agent reads `reason` of what waited. */
export async function denyRequest(of: EditedBottle, request: EgressRequest, reason: string): Promise<EgressAnswer> {
  const desk = openDesk(of.root, of.now);
  const waiting = (await pending(of)).filter((proposal) => isAbout(proposal, request));
  const [first] = waiting;
  if (first !== undefined) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other: each is a decision of its own
    for (const { id, digest } of waiting) await reject(desk, of.slug, id, { digest, reason });
    return { detail: `rejected: ${describeProposal(first).title}`, proposal: first.id };
  }
  const { table } = await readRoutes(of);
  const allowing = liveRoutes(table, of.now()).filter((route) => covers(route, request));
  if (allowing.length === 0) {
    throw new BottleError("not-found", "nothing waits and no rule allows it: it is refused already", {
      where: request.host,
    });
  }
  return await takeAway(of, desk, allowing, reason);
}

function changed(allowing: Allowing): BottleError {
  if (allowing.type === "new") {
    return new BottleError("conflict", "the proposal that was shown does not wait any more", {
      hint: "look at it again",
    });
  }
  const { id } = allowing.proposal;
  return new BottleError("conflict", "a proposal about it waits, and another rule was shown", {
    where: id,
    hint: "look at that one",
  });
}

/** An approval is for what is encrypted; that something may travel in the clear is the operator's own edit. */
async function addInTheClear(of: EditedBottle, payload: EgressBlockPayload): Promise<EgressAnswer> {
  const { method: _method, path: _path, ...rule } = payload;
  await addRoutes(of, [{ ...rule, http: true }]);
  return { detail: `${describeRule(rule)} is allowed until this bottle stops, over plain HTTP too` };
}

/** Every rule that allows it: one alone would leave it allowed. */
async function takeAway(
  of: EditedBottle,
  desk: Desk,
  allowing: readonly TableRoute[],
  reason: string,
): Promise<EgressAnswer> {
  const decisions = [...new Set(allowing.flatMap(({ decision }) => decision ?? []))];
  // oxlint-disable-next-line no-await-in-loop -- they change one table
  for (const id of decisions) await undoDecision(desk, of.slug, id, reason);
  const standing = allowing.filter(({ decision }) => decision === undefined);
  const names = standing.map((route) => route.host).join(", ");
  if (standing.length > 0) {
    const gone = new Set(standing.map((route) => JSON.stringify(route)));
    await putInForce(of, ({ table }) => ({
      table: { ...table, routes: table.routes.filter((route) => !gone.has(JSON.stringify(route))) },
      said: { detail: `removed ${names}: ${reason}` },
    }));
  }
  const [undone] = decisions;
  return {
    detail: [
      ...(undone === undefined ? [] : [`the approval ${decisions.join(", ")} was undone`]),
      ...(standing.length === 0 ? [] : [`the rule on ${names} is gone until this bottle is started anew`]),
    ].join(", and "),
    ...(undone === undefined ? {} : { proposal: undone }),
  };
}

/** The undecided proposals of the bottle that somebody still waits for. */
async function pending(of: EditedBottle): Promise<Proposal[]> {
  const now = of.now();
  const { items } = await readQueue(of);
  return items
    .filter(({ decision, undo }) => decision === null && undo === null)
    .map(({ proposal }) => proposal)
    .filter(({ deadline }) => deadline === undefined || new Date(deadline) > now);
}

async function propose(of: EditedBottle, draft: ProposalDraft): Promise<Proposal> {
  return (await createProposal(of, draft, of.now())).proposal;
}

async function approved(desk: Desk, proposal: Proposal): Promise<EgressAnswer> {
  const { id, digest, bottle_slug } = proposal;
  const decision = await approve(desk, bottle_slug, id, { digest, scope: "session", notes: NOTES });
  const title = describeProposal(proposal).title;
  if (decision.applied?.ok === true) return { detail: `allowed until this bottle stops: ${title}`, proposal: id };
  throw new BottleError("unavailable", `approved, but not live: ${decision.applied?.detail ?? "not applied yet"}`, {
    where: id,
  });
}

function liveRoutes({ routes }: RouteTable, now: Date): TableRoute[] {
  return routes.filter(({ expires_at }) => expires_at === undefined || new Date(expires_at) > now);
}
