// Each route on the host, and what it says to the request: why it does not cover it, or that it does.

import type { VerdictStep } from "#domain/egress/control.ts";
import type { RouteTable, TableRoute } from "#domain/egress/route.ts";

import type { TunnelVerdict } from "../policy/decide-tunnel.ts";
import { isLive, overReason } from "../policy/liveness.ts";
import { objectionTo } from "../policy/objection.ts";
import type { ParsedRequest } from "../policy/parse-request.ts";
import { type Candidate, candidatesFor } from "../policy/table-index.ts";

interface Moment {
  readonly table: RouteTable;
  readonly used: ReadonlySet<string>;
  readonly now: Date;
}

const MOST_SHOWN = 20;

export function matchSteps(request: ParsedRequest, chosen: TableRoute | undefined, moment: Moment): VerdictStep[] {
  return steps(request.host, moment, (candidate) => {
    if (candidate.route === chosen) return { state: "ok", why: `allows it${fromDecision(candidate)}` };
    const objection = objectionTo(candidate, request);
    return objection === undefined
      ? { state: "note", why: "would allow it too; a more specific or standing route goes first" }
      : { state: "no", why: objection.reason };
  });
}

export function tunnelMatchSteps(host: string, port: number, verdict: TunnelVerdict, moment: Moment): VerdictStep[] {
  return steps(host, moment, (candidate) => {
    const { route, kind } = candidate;
    if ("route" in verdict && route === verdict.route)
      return { state: "ok", why: `lets the tunnel through${fromDecision(candidate)}` };
    if ((route.port ?? 443) !== port) return { state: "no", why: `is for port ${route.port ?? 443}` };
    return kind === "intercepted"
      ? { state: "note", why: "decides each request: TLS is opened" }
      : { state: "note", why: "a closer route goes first" };
  });
}

type Say = (candidate: Candidate) => { readonly state: VerdictStep["state"]; readonly why: string };

function steps(host: string, { table, used, now }: Moment, say: Say): VerdictStep[] {
  const candidates = candidatesFor(table, host);
  if (candidates.length === 0) {
    const rest = table.on_unknown_host === "hold" ? "unknown hosts are put before the operator" : "default deny";
    return [{ step: "match", state: "no", detail: `no route is for ${host}: ${rest}` }];
  }
  const said = candidates.map((candidate): VerdictStep => {
    const { state, why } = isLive(candidate, now, used)
      ? say(candidate)
      : ({ state: "no", why: overReason(candidate.route, host, used).reason } as const);
    return { step: "match", state, detail: `${candidate.rule}: ${why}` };
  });
  // The route that decides is shown however many there are.
  const shown = said.filter(({ state }, index) => state === "ok" || index < MOST_SHOWN);
  const left = said.length - shown.length;
  return left === 0
    ? shown
    : [...shown, { step: "match", state: "note", detail: `and ${left} more routes on ${host}` }];
}

function fromDecision({ route }: Candidate): string {
  if (route.decision === undefined) return "";
  const until = route.expires_at === undefined ? "" : `, until ${route.expires_at}`;
  return ` (decision ${route.decision}${until})`;
}
