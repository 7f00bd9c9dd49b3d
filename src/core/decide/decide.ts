// The operator answers a proposal: approve, as it is or changed, or reject with a reason.
//
// The decision is created first, exclusively; then what it allows is made live and read back (apply.ts). A route
// that could not be shown live is taken out of the table again, so that it never comes alive later, unnoticed.

import type { ApproveOptions } from "#contracts/console.ts";
import { dockerfileOf } from "#core/console/dockerfile.ts";
import { rebuilderOf } from "#core/rebuild/rebuilder.ts";
import { rebuildScope } from "#core/rebuild/scope.ts";
import { BottleError } from "#domain/bottle-error.ts";
import { renderRouteTable } from "#domain/egress/table.ts";
import { canonicalJson } from "#domain/json.ts";
import type { LaunchStep } from "#domain/launch/step.ts";
import { problemsError } from "#domain/problem/problem.ts";
import {
  CANARY_RULE,
  INBOUND_RULE,
  exceptionOf,
  findingOf,
  type FindingProposal,
  isFinding,
} from "#domain/proposal/approved-exception.ts";
import { expiryOf, tableRouteOf } from "#domain/proposal/approved-route.ts";
import type { Decision } from "#domain/proposal/decision.ts";
import { describeProposal } from "#domain/proposal/describe.ts";
import type { Proposal } from "#domain/proposal/proposal.ts";
import { ruleOf, validatePayload } from "#domain/proposal/validate-edit.ts";
import { archiveSettled } from "#lib/store/archive-settled.ts";
import { appendAudit } from "#lib/store/audit-log.ts";
import { decide } from "#lib/store/decide.ts";
import { readProposal } from "#lib/store/read-queue.ts";

import { applyDecision } from "./apply.ts";
import { credentialSlot } from "./definition.ts";
import type { Desk } from "./desk.ts";

/**
 * Resolves with `applied` set, which says whether the rule is live. Throws `conflict` (naming the first decider),
 * `not-found`, `invalid` (digest, an edited rule, a time that is over), `refused` (a credential that the bottle has not).
 */
export async function approve(
  desk: Desk,
  slug: string,
  id: string,
  options: ApproveOptions,
  progress: (step: LaunchStep) => void = () => {},
): Promise<Decision> {
  const of = { root: desk.root, slug };
  const { proposal } = await readProposal(of, id);
  const now = desk.now();
  const { digest, notes = "" } = options;
  const scope = proposal.kind === "capability-block" ? rebuildScope(id, options) : options.scope;
  const edited = options.payload === undefined ? undefined : changedPayload(proposal, options.payload);
  const expires = proposal.kind === "question" ? undefined : expiryOf(scope, options.expiresAt, now);
  if (expires !== undefined && !(new Date(expires) > now)) {
    throw new BottleError("invalid", `${expires} is not in the future`, {
      where: "expires",
      hint: "name a later time",
    });
  }
  const draft = {
    id,
    digest,
    status: edited === undefined ? ("approved" as const) : ("modified" as const),
    scope,
    notes,
    decided_by: desk.decidedBy,
    ...(expires === undefined ? {} : { expires_at: new Date(expires).toISOString() }),
    ...(edited === undefined ? {} : { final_payload: edited }),
  };
  if (proposal.kind === "question") {
    if (notes.trim() === "")
      throw new BottleError("invalid", "a question needs an answer", {
        where: "notes",
        hint: "say what the agent should know",
      });
    // An answer is delivered by being written: nothing is applied later.
    const decision = await decide(of, { ...draft, applied: { ok: true, detail: "answered" } }, now);
    await record(desk, slug, decision, proposal);
    return decision;
  }
  await refuseUnusable(desk, slug, proposal, draft);
  const decision = await decide(of, draft, now);
  await record(desk, slug, decision, proposal);
  const applied = await applyDecision(desk, slug, id, progress);
  await tidy(desk, slug);
  return applied;
}

/** `reason` is what the agent reads. Throws as `approve` does. */
export async function reject(
  desk: Desk,
  slug: string,
  id: string,
  options: { digest: string; reason: string },
): Promise<Decision> {
  const of = { root: desk.root, slug };
  const { proposal } = await readProposal(of, id);
  const { digest, reason } = options;
  const draft = {
    id,
    digest,
    status: "rejected" as const,
    scope: "once" as const,
    notes: reason,
    decided_by: desk.decidedBy,
  };
  const decision = await decide(of, draft, desk.now());
  await record(desk, slug, decision, proposal);
  await tidy(desk, slug);
  return decision;
}

/** With each decision old ones leave the queue; that they could not is no reason to fail this one. */
async function tidy(desk: Desk, slug: string): Promise<void> {
  await archiveSettled({ root: desk.root, slug }, desk.now()).catch(() => []);
}

/** The edited payload, or undefined when the edit changed nothing. */
function changedPayload(proposal: Proposal, payload: unknown): Decision["final_payload"] {
  const checked = validatePayload(proposal.kind, payload);
  if (!checked.ok) throw problemsError(checked.problems);
  const original = proposal.kind === "egress-block" ? ruleOf(proposal.payload) : proposal.payload;
  return canonicalJson(checked.payload) === canonicalJson(original) ? undefined : checked.payload;
}

/** Before anything is decided: a rule that the proxy would not take, or a credential that it does not have. */
async function refuseUnusable(
  desk: Desk,
  slug: string,
  proposal: Proposal,
  draft: Omit<Decision, "version" | "decided_at">,
): Promise<void> {
  if (isFinding(proposal)) return refuseException(proposal, draft);
  if (proposal.kind === "question") return;
  if (proposal.kind === "capability-block") {
    await rebuilderOf(desk, slug); // a backend that cannot, or a bottle that does not run: nothing is decided
    return;
  }
  const rule = draft.final_payload ?? proposal.payload;
  if (!("host" in rule))
    throw new BottleError("invalid", "the edited payload is of another kind", { where: proposal.id });
  renderRouteTable({
    version: 1,
    on_unknown_host: "block",
    hold_seconds: 1,
    hosts: {},
    routes: [tableRouteOf(rule, draft, undefined)],
  });
  if (rule.auth === undefined || (await credentialSlot(desk.root, slug, rule.auth.token_ref)) !== undefined) return;
  throw new BottleError("refused", `this bottle has no credential ${rule.auth.token_ref}`, {
    where: proposal.id,
    hint: "edit the rule and leave out `auth`, or add the credential to the definition and start the bottle anew",
  });
}

/** An exception is for this bottle: a definition that lets secrets pass says so in its `dlp`, where it is read. */
function refuseException(proposal: FindingProposal, draft: Omit<Decision, "version" | "decided_at">): void {
  if (findingOf(proposal) === CANARY_RULE) {
    throw new BottleError("refused", "the canary never passes: nobody sends it by mistake", { where: proposal.id });
  }
  if (findingOf(proposal).startsWith(INBOUND_RULE)) {
    throw new BottleError("refused", "an exception is for what is sent, and this was found in an answer", {
      where: proposal.id,
      hint: "set `dlp.inbound` of the route to warn with `bottle-dash egress <slug> edit`",
    });
  }
  if (draft.scope === "manifest") {
    throw new BottleError("refused", "an exception for a finding is never kept in the definition", {
      where: proposal.id,
      hint: "approve it once or for this session; `dlp` of the route says what every later bottle does",
    });
  }
  renderRouteTable({
    version: 1,
    on_unknown_host: "block",
    hold_seconds: 1,
    hosts: {},
    dlp_exceptions: [exceptionOf(proposal, draft)],
    routes: [],
  });
}

async function record(desk: Desk, slug: string, decision: Decision, proposal: Proposal): Promise<void> {
  const { title, diff } = describeProposal(
    decision.final_payload === undefined ? proposal : ({ ...proposal, payload: decision.final_payload } as Proposal),
    proposal.kind === "capability-block" ? await dockerfileOf(desk.root, slug) : undefined,
  );
  const scope =
    decision.status === "rejected"
      ? ""
      : ` (${decision.scope}${decision.expires_at === undefined ? "" : ` until ${decision.expires_at}`})`;
  await appendAudit(
    { root: desk.root, slug },
    {
      actor: desk.actor,
      action: "decision",
      component: "inbox",
      detail: `${decision.status} ${decision.id}${scope}: ${title}`,
      ...(decision.status === "rejected" || diff.length === 0 ? {} : { diff: diff.join("\n") }),
    },
    desk.now(),
  );
}
