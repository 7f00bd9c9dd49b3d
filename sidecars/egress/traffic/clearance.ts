// Whether a request may go out now, and with which credential: the verdict, the operator's answer when it is held, what
// limits leave, and the one use of a `once` route written down before anything is sent.

import type { RouteTable, TableRoute } from "#domain/egress/route.ts";
import { narrowestRule } from "#domain/proposal/narrowest-rule.ts";

import type { Limits, Meter } from "../limits/limits.ts";
import type { AuditTrail } from "../asking/audit-trail.ts";
import type { BlockedProposals } from "../asking/blocked.ts";
import type { Holds, HoldVerdict } from "../asking/hold.ts";
import { folderBefore, type Shown } from "../inspection/shown.ts";
import { decide, type Verdict } from "../policy/decide.ts";
import { gitPushRefusal, isGitPush } from "../policy/git-push.ts";
import { type Credential, credentialFor, type Slots } from "../policy/headers.ts";
import type { ParsedRequest } from "../policy/parse-request.ts";
import type { Refusal } from "../policy/refusal.ts";
import type { UseRecord } from "../table/uses.ts";
import { takeUse, usedByOthers } from "./take-use.ts";
import type { TrafficLog } from "./traffic-log.ts";

export interface ClearanceDeps {
  readonly table: () => RouteTable;
  readonly uses: UseRecord;
  readonly limits: Limits;
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
      /** Told of each byte: its refusal is why the exchange must be cut. */
      readonly meter: Meter;
      /** False once the table in force would not have let it through. */
      readonly stillAllowed: () => boolean;
    }
  | { readonly clear: "no"; readonly refusal: Refusal; readonly proposal?: string | undefined }
  /** The client left while it was held. */
  | { readonly clear: "gone" };

/** A request, and what may be said of it. */
export interface Asked {
  readonly request: ParsedRequest;
  readonly shown: Shown;
}

/** Not a promise where nothing has to be waited for: that is nearly always, and a promise costs more than the verdict. */
export function clearRequest(
  asked: Asked,
  gone: () => AbortSignal,
  deps: ClearanceDeps,
): Clearance | Promise<Clearance> {
  const { request } = asked;
  if (isGitPush(request)) return refuse(asked, gitPushRefusal(request.host), deps);
  const judge = (): Verdict => decide(request, deps.table(), new Date(), deps.uses.used());
  const verdict = judge();
  if (verdict.verdict !== "hold") return settle(asked, verdict, deps);
  const refusal = shownRefusal(verdict.refusal, asked);
  if (refusal.suggestion === undefined) return refuse(asked, refusal, deps); // nobody can be shown what it asks for
  const shown = { ...verdict, reason: refusal.reason, refusal };
  return waitForOperator(asked, shown, judge, gone, deps).then((end) => end ?? settle(asked, judge(), deps));
}

/** A verdict that is final; one to hold again, after the operator's answer, is refused. */
function settle(asked: Asked, verdict: Verdict, deps: ClearanceDeps): Clearance | Promise<Clearance> {
  if (verdict.verdict !== "allow") return refuse(asked, verdict.refusal, deps);
  return take(asked, verdict, deps);
}

async function waitForOperator(
  asked: Asked,
  verdict: HoldVerdict,
  judge: () => Verdict,
  gone: () => AbortSignal,
  deps: ClearanceDeps,
): Promise<Clearance | undefined> {
  const { port, method } = asked.request;
  const { host, path } = asked.shown;
  deps.traffic.held();
  deps.audit.note(
    "request-held",
    `held: ${host}:${port}`,
    `${method} ${host}:${port}${path} waits for the operator: ${verdict.reason}`,
  );
  const end = await deps.holds.hold({ method, path }, verdict, judge, deps.table().hold_seconds, gone());
  switch (end.end) {
    case "allowed":
      return undefined;
    case "gone":
      return { clear: "gone" };
    case "refused":
      return { clear: "no", refusal: auditBlock(asked, end.refusal, deps.audit), proposal: end.proposal };
  }
}

/** A credential that is not there is said before anything is used up. */
function take(
  asked: Asked,
  { route, rule }: Extract<Verdict, { verdict: "allow" }>,
  deps: ClearanceDeps,
): Clearance | Promise<Clearance> {
  const { request } = asked;
  const credential = credentialFor(route, deps.slots);
  if (credential.state === "missing") return refuse(asked, noCredential(route, credential.slot), deps);
  const admission = deps.limits.admit(route, request.bodyLength);
  if (!admission.ok) return refuse(asked, admission.refusal, deps);
  const started = new Date();
  // Its own use does not speak against a `once` request; nor does its short life, which is about when it may begin.
  const stillAllowed = (): boolean => {
    const at = route.once === true ? started : new Date();
    return decide(request, deps.table(), at, usedByOthers(route, deps.uses)).verdict === "allow";
  };
  const clear = { clear: "yes", route, rule, credential, meter: admission.meter, stillAllowed } as const;
  const use = takeUse(route, started, stillAllowed, deps.uses);
  return use === undefined ? clear : use.then((refusal) => (refusal === undefined ? clear : { clear: "no", refusal }));
}

/** A blocked request as an audit entry and, where a rule could allow it, as a proposal, whose id goes into the answer. */
function refuse(asked: Asked, refused: Refusal, deps: ClearanceDeps): Clearance | Promise<Clearance> {
  const refusal = auditBlock(asked, refused, deps.audit);
  const { suggestion, reason } = refusal;
  if (suggestion === undefined) return { clear: "no", refusal };
  const { method } = asked.request;
  return deps.blocked
    .propose({ suggestion, method, path: asked.shown.path, reason }, new Date())
    .then((proposal) => ({ clear: "no", refusal, proposal }));
}

/** The refusal as it may be told. */
function auditBlock(asked: Asked, refused: Refusal, audit: AuditTrail): Refusal {
  const { scheme, port, method } = asked.request;
  const { host, path } = asked.shown;
  const refusal = shownRefusal(refused, asked);
  const { rule, reason } = refusal;
  audit.note("request-blocked", `${host}:${port} (${rule})`, `${method} ${scheme}://${host}:${port}${path}: ${reason}`);
  return refusal;
}

/** Without secrets: what it suggests ends at the folder before one in the path, and is nothing where one is in the host. */
function shownRefusal(refusal: Refusal, { request, shown }: Asked): Refusal {
  const isHostShown = shown.host === request.host;
  if (isHostShown && shown.path === request.path) return refusal;
  const { suggestion, ...rest } = refusal;
  if (!isHostShown) {
    const said = (text: string): string => text.replaceAll(request.host, shown.host);
    return { ...rest, rule: said(rest.rule), reason: said(rest.reason) };
  }
  if (suggestion === undefined) return refusal;
  return { ...rest, suggestion: narrowestRule({ ...request, path: folderBefore(request.path, shown.path) }) };
}

function noCredential(route: TableRoute, slot: string): Refusal {
  return {
    status: 403,
    code: "credential_missing",
    rule: "auth",
    reason: `the route to ${route.host} needs a credential, and its slot ${slot} holds none that can be sent: the operator must start the bottle with it`,
  };
}
