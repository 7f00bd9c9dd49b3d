// The operator's word on one request that was seen: a proposal decided at once, or the rule behind it taken back.

import type { EgressAnswer } from "#contracts/console.ts";
import { approve, reject } from "#core/decide/decide.ts";
import { type Desk, openDesk } from "#core/decide/desk.ts";
import { undoDecision } from "#core/decide/undo.ts";
import { BottleError } from "#domain/bottle-error.ts";
import type { EgressRequest } from "#domain/egress/control.ts";
import { covers } from "#domain/egress/covers.ts";
import type { RouteTable, TableRoute } from "#domain/egress/route.ts";
import { describeProposal, describeRule } from "#domain/proposal/describe.ts";
import type { Proposal, ProposalDraft } from "#domain/proposal/proposal.ts";
import { ruleForRequest } from "#domain/proposal/rule-for-request.ts";
import { createProposal } from "#lib/store/create-proposal.ts";
import { readQueue } from "#lib/store/read-queue.ts";
import { readRoutes } from "#lib/store/routes-file.ts";

import { addRoutes } from "./operator-edit.ts";
import { type EditedBottle, putInForce } from "./put-in-force.ts";

const NOTES = "allowed from the list of requests";
const REASON = "denied by the operator from the list of requests";

/** Until the bottle stops. Throws `refused` where no rule can allow it, `unavailable` when the proxy does not take it. */
export async function allowRequest(of: EditedBottle, request: EgressRequest): Promise<EgressAnswer> {
  const desk = openDesk(of.root, of.now);
  const waiting = (await pendingAbout(of, request))[0];
  if (waiting !== undefined) return await approved(desk, waiting);
  const found = blockedBy(request);
  if (found !== undefined) return await approved(desk, await propose(of, exceptionDraft(request.host, found)));
  const rule = ruleForRequest(request);
  const { table } = await readRoutes(of);
  if (liveRoutes(table, of.now()).some((route) => covers(route, request))) {
    throw new BottleError("conflict", "the table allows it already", { where: request.host });
  }
  if (request.scheme === "http") {
    // An approval is for what is encrypted; that something may travel in the clear is the operator's own edit.
    await addRoutes(of, [{ ...rule, port: request.port, http: true }]);
    return { detail: `${describeRule(rule)} is allowed until this bottle stops, over plain HTTP too` };
  }
  const draft: ProposalDraft = { kind: "egress-block", payload: rule, justification: "", origin: "blocked-request" };
  return await approved(desk, await propose(of, draft));
}

/** Throws `not-found` when nothing waits and nothing allows it. */
export async function denyRequest(of: EditedBottle, request: EgressRequest): Promise<EgressAnswer> {
  const desk = openDesk(of.root, of.now);
  const waiting = await pendingAbout(of, request);
  const [first] = waiting;
  if (first !== undefined) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other: each is a decision of its own
    for (const { id, digest } of waiting) await reject(desk, of.slug, id, { digest, reason: REASON });
    return { detail: `rejected: ${describeProposal(first).title}`, proposal: first.id };
  }
  const { table } = await readRoutes(of);
  const allowing = liveRoutes(table, of.now()).filter((route) => covers(route, request));
  if (allowing.length === 0) {
    throw new BottleError("not-found", "nothing waits and no rule allows it: it is refused already", {
      where: request.host,
    });
  }
  return await takeAway(of, desk, allowing);
}

/** Every rule that allows it: one alone would leave it allowed. */
async function takeAway(of: EditedBottle, desk: Desk, allowing: readonly TableRoute[]): Promise<EgressAnswer> {
  const decisions = [...new Set(allowing.flatMap(({ decision }) => decision ?? []))];
  // oxlint-disable-next-line no-await-in-loop -- they change one table
  for (const id of decisions) await undoDecision(desk, of.slug, id, REASON);
  const standing = allowing.filter(({ decision }) => decision === undefined);
  const names = standing.map((route) => route.host).join(", ");
  if (standing.length > 0) {
    const gone = new Set(standing.map((route) => JSON.stringify(route)));
    await putInForce(of, ({ table }) => ({
      table: { ...table, routes: table.routes.filter((route) => !gone.has(JSON.stringify(route))) },
      said: { detail: `removed ${names}: ${REASON}` },
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

/** The undecided proposals that this request made or waits for. */
async function pendingAbout(of: EditedBottle, request: EgressRequest): Promise<Proposal[]> {
  const now = of.now();
  const { items } = await readQueue(of);
  return items
    .filter(({ decision, undo }) => decision === null && undo === null)
    .map(({ proposal }) => proposal)
    .filter(({ deadline }) => deadline === undefined || new Date(deadline) > now)
    .filter((proposal) => isAbout(proposal, request));
}

function isAbout(proposal: Proposal, request: EgressRequest): boolean {
  switch (proposal.kind) {
    case "egress-block": {
      const { host, port, methods, path_allowlist } = proposal.payload;
      const route = {
        host: host.toLowerCase(),
        ...(port === undefined ? {} : { port }),
        ...(methods === undefined ? {} : { methods }),
        ...(path_allowlist === undefined ? {} : { path_allowlist }),
      };
      return covers(route, request);
    }
    case "dlp-match": {
      const { host, method, path, rule } = proposal.payload;
      if (host !== request.host) return false;
      const isNamed = request.findings?.some((finding) => finding.rule === rule) ?? false;
      return isNamed || (method === request.method && path.replace(/\?.*$/s, "") === request.path);
    }
    case "pipelock-block": {
      const { host, finding } = proposal.payload;
      return host === request.host && (request.findings?.some(({ rule }) => rule === finding) ?? false);
    }
    case "question":
      return false;
  }
}

/** The finding that kept the request or its answer back, or was starred out of it. Throws `refused` for one that is never let through from here. */
function blockedBy({ host, findings = [] }: EgressRequest): string | undefined {
  const blocked = findings.filter(
    ({ action, direction }) => action === "blocked" || (action === "redacted" && direction === "outbound"),
  );
  const own = blocked.find(({ rule }) => rule === "canary" || rule.startsWith("own:"));
  if (own !== undefined) {
    throw new BottleError("refused", "it carried one of this bottle's own secrets", {
      where: `${host}, ${own.where}`,
      hint:
        own.rule === "canary"
          ? "nobody sends the canary by mistake: look at what the agent does"
          : "change `dlp` of the route, if that is right",
    });
  }
  const inbound = blocked.find(({ direction }) => direction === "inbound");
  if (inbound !== undefined) {
    throw new BottleError("refused", `its answer was refused: ${inbound.rule}`, {
      where: host,
      hint: "set `dlp.inbound` of the route to warn with `bottle-dash egress <slug> edit`",
    });
  }
  return blocked[0]?.rule;
}

function exceptionDraft(host: string, finding: string): ProposalDraft {
  return { kind: "pipelock-block", payload: { host, finding }, justification: "", origin: "blocked-request" };
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
