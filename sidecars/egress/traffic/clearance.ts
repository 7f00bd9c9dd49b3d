// Whether a request may go out now, and with which credential: the verdict, the operator's answer when it is held, and
// the one use of a `once` route written down before anything is sent.

import type { RouteTable, TableRoute } from "#domain/egress/route.ts";

import type { AuditTrail } from "../asking/audit-trail.ts";
import type { BlockedProposals } from "../asking/blocked.ts";
import type { Holds, HoldVerdict } from "../asking/hold.ts";
import { decide, type Verdict } from "../policy/decide.ts";
import { type Credential, credentialFor, type Slots } from "../policy/headers.ts";
import type { Destination } from "../policy/parse-request.ts";
import type { Refusal } from "../policy/refusal.ts";
import type { UseRecord } from "../table/uses.ts";
import type { TrafficLog } from "./traffic-log.ts";

export interface ClearanceDeps {
  readonly table: () => RouteTable;
  readonly uses: UseRecord;
  readonly slots: Slots;
  readonly holds: Holds;
  readonly blocked: BlockedProposals;
  readonly audit: AuditTrail;
  readonly traffic: TrafficLog;
}

export type Clearance =
  | {
      readonly clear: "yes";
      readonly route: TableRoute;
      readonly rule: string;
      readonly credential: Exclude<Credential, { state: "missing" }>;
      /** False once the table in force would not have let it through. */
      readonly stillAllowed: () => boolean;
    }
  | { readonly clear: "no"; readonly refusal: Refusal; readonly proposal?: string | undefined }
  /** The client left while it was held. */
  | { readonly clear: "gone" };

/** `objection` refuses what no rule can allow yet (an upgrade): a host that is blocked is said first, but nobody is asked. */
export async function clearRequest(
  request: Destination,
  objection: Refusal | undefined,
  gone: AbortSignal,
  deps: ClearanceDeps,
): Promise<Clearance> {
  const judge = (): Verdict => decide(request, deps.table(), new Date(), deps.uses.used());
  let verdict = judge();
  if (verdict.verdict === "hold" && objection !== undefined) return { clear: "no", refusal: objection };
  if (verdict.verdict === "hold") {
    const end = await waitForOperator(request, verdict, judge, gone, deps);
    if (end !== undefined) return end;
    verdict = judge();
  }
  if (verdict.verdict !== "allow")
    return { clear: "no", refusal: verdict.refusal, proposal: await report(request, verdict.refusal, deps) };
  if (objection !== undefined) return { clear: "no", refusal: objection };
  return await take(request, verdict, deps);
}

async function waitForOperator(
  request: Destination,
  verdict: HoldVerdict,
  judge: () => Verdict,
  gone: AbortSignal,
  deps: ClearanceDeps,
): Promise<Clearance | undefined> {
  const { host, port, method, path } = request;
  deps.traffic.held();
  deps.audit.note(
    "request-held",
    `held: ${host}:${port}`,
    `${method} ${host}:${port}${path} waits for the operator: ${verdict.reason}`,
  );
  const end = await deps.holds.hold(request, verdict, judge, deps.table().hold_seconds, gone);
  switch (end.end) {
    case "allowed":
      return undefined;
    case "gone":
      return { clear: "gone" };
    case "refused":
      auditBlock(request, end.refusal, deps.audit);
      return { clear: "no", refusal: end.refusal, proposal: end.proposal };
  }
}

async function take(
  request: Destination,
  verdict: Extract<Verdict, { verdict: "allow" }>,
  deps: ClearanceDeps,
): Promise<Clearance> {
  const { route, rule } = verdict;
  const credential = credentialFor(route, deps.slots);
  if (credential.state === "missing") return { clear: "no", refusal: noCredential(route, credential.slot) };
  const started = new Date();
  // Its own use does not speak against a `once` request; nor does its short life, which is about when it may begin.
  const stillAllowed = (): boolean => {
    const used = new Set(deps.uses.used());
    if (route.once === true && route.decision !== undefined) used.delete(route.decision);
    return decide(request, deps.table(), route.once === true ? started : new Date(), used).verdict === "allow";
  };
  if (route.decision !== undefined && route.once === true) {
    try {
      await deps.uses.consume(route.decision, started);
    } catch (error) {
      return { clear: "no", refusal: notWritten(route, error) };
    }
    if (!stillAllowed()) return { clear: "no", refusal: revoked(route) };
  } else if (route.decision !== undefined) {
    deps.uses.note(route.decision, started);
  }
  return { clear: "yes", route, rule, credential, stillAllowed };
}

/** A blocked request as an audit entry and, where a rule could allow it, as a proposal; the proposal's id. */
async function report(request: Destination, refusal: Refusal, deps: ClearanceDeps): Promise<string | undefined> {
  auditBlock(request, refusal, deps.audit);
  if (refusal.suggestion === undefined) return undefined;
  const { method, path } = request;
  return await deps.blocked.propose(
    { suggestion: refusal.suggestion, method, path, reason: refusal.reason },
    new Date(),
  );
}

function auditBlock(
  { method, scheme, host, port, path }: Destination,
  { rule, reason }: Refusal,
  audit: AuditTrail,
): void {
  audit.note("request-blocked", `${host}:${port} (${rule})`, `${method} ${scheme}://${host}:${port}${path}: ${reason}`);
}

function noCredential(route: TableRoute, slot: string): Refusal {
  return {
    status: 403,
    code: "credential_missing",
    rule: "auth",
    reason: `the route to ${route.host} needs a credential, and its slot ${slot} holds none that can be sent: the operator must start the bottle with it`,
  };
}

function notWritten(route: TableRoute, error: unknown): Refusal {
  return {
    status: 503,
    code: "storage_failed",
    rule: "once",
    reason: `the one approved request to ${route.host} could not be written down (${error instanceof Error ? error.message : String(error)}), so it was not sent`,
  };
}

function revoked(route: TableRoute): Refusal {
  return { status: 403, code: "blocked", rule: "revoked", reason: `the approval for ${route.host} was taken back` };
}
