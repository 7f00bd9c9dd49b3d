// Why a request would be let through, held or refused: each thing that the proxy looks at, in its order. Nothing is sent,
// resolved, counted or used up, and no value of a secret is in it.

import type { EgressVerdict, VerdictStep } from "#domain/egress/control.ts";
import { ALLOWLIST_HOST } from "#domain/egress/own-page.ts";
import type { RouteTable, TableRoute } from "#domain/egress/route.ts";

import type { Limits } from "../limits/limits.ts";
import { decide } from "../policy/decide.ts";
import { decideTunnel } from "../policy/decide-tunnel.ts";
import { gitPushRefusal, isGitPush } from "../policy/git-push.ts";
import type { Slots } from "../policy/headers.ts";
import type { ParsedRequest } from "../policy/parse-request.ts";
import { matchSteps, tunnelMatchSteps } from "./match-steps.ts";
import { addressStep, credentialStep, exceptionStep, limitSteps, scanSteps } from "./route-steps.ts";
import { type Asked, testTarget } from "./test-target.ts";

export interface ExplainDeps {
  readonly table: RouteTable;
  readonly used: ReadonlySet<string>;
  readonly slots: Slots;
  readonly limits: Pick<Limits, "explain">;
  readonly now: Date;
}

/** Undefined for what is no http, https, ws, wss or tcp URL. */
export function explain(asked: Asked, deps: ExplainDeps): EgressVerdict | undefined {
  const target = testTarget(asked);
  switch (target.kind) {
    case "none":
      return undefined;
    case "refused":
      return blocked([no("parse", target.reason)], target.rule, target.reason);
    case "tunnel": {
      const { host, port, authority } = target;
      return explainTunnel(host, port, [ok("parse", `CONNECT ${authority}`), normalised(authority, host, port)], deps);
    }
    case "request": {
      const { parsed, authority, webSocket } = target;
      if (!parsed.ok) {
        const { rule, reason } = parsed.refusal;
        return blocked([no("parse", reason)], rule, reason);
      }
      const { request } = parsed;
      const steps = [ok("parse", `${request.method} ${schemeOf(request, webSocket)}, read in one way only`)];
      steps.push(normalised(authority, request.host, request.port, request.path));
      if (webSocket)
        steps.push(note("upgrade", "a WebSocket: its handshake is decided like a request, its messages are scanned"));
      return explainRequest(request, steps, deps);
    }
  }
}

function explainRequest(request: ParsedRequest, steps: VerdictStep[], deps: ExplainDeps): EgressVerdict {
  const { table, used, now } = deps;
  if (request.host === ALLOWLIST_HOST) return ownPage(request, steps);
  if (request.scheme === "https") {
    const tunnel = decideTunnel(request.host, request.port, table, now, used);
    if (tunnel.kind !== "intercept") return explainTunnel(request.host, request.port, steps, deps);
    steps.push(ok("tunnel", `TLS to ${request.host}:${request.port} is opened here, and each request decided`));
  }
  if (isGitPush(request)) {
    const { rule, reason } = gitPushRefusal(request.host);
    return blocked([...steps, no("git push", reason)], rule, reason);
  }
  steps.push(ok("git push", "is none"));
  const verdict = decide(request, table, now, used);
  const chosen = verdict.verdict === "allow" ? verdict.route : undefined;
  steps.push(...matchSteps(request, chosen, deps));
  if (chosen === undefined) {
    if (verdict.verdict === "hold")
      steps.push(note("hold", `the client would wait up to ${table.hold_seconds} s for the operator's answer`));
    return { verdict: verdict.verdict, rule: verdict.rule, reason: verdict.reason, steps };
  }
  steps.push(credentialStep(chosen, deps.slots, request.scheme), ...limitSteps(chosen, deps.limits));
  steps.push(addressStep(request.host, chosen, table));
  steps.push(...scanSteps(chosen), ...exceptionStep(request.host, deps));
  return concluded(steps, verdict, deps.limits, chosen);
}

function explainTunnel(host: string, port: number, steps: VerdictStep[], deps: ExplainDeps): EgressVerdict {
  const verdict = decideTunnel(host, port, deps.table, deps.now, deps.used);
  steps.push(...tunnelMatchSteps(host, port, verdict, deps));
  switch (verdict.kind) {
    case "intercept": {
      steps.push(note("tunnel", "TLS would be opened here, and each request decided: ask about an https:// URL"));
      return {
        verdict: "allow",
        rule: "intercepted",
        reason: `a tunnel to ${host}:${port} is opened, for TLS only`,
        steps,
      };
    }
    case "refuse":
      return blocked(steps, verdict.rule, verdict.reason);
    case "passthrough":
    case "raw": {
      const unread =
        verdict.kind === "raw"
          ? "all bytes go through unread"
          : `the server name of TLS must be ${host}; nothing else is read`;
      steps.push(note("tunnel", `${unread}: no methods, no paths, no credential, no scanning`));
      steps.push(...limitSteps(verdict.route, deps.limits), addressStep(host, verdict.route, deps.table));
      return concluded(steps, verdict, deps.limits, verdict.route);
    }
  }
}

/** Allowed by the table: unless a credential is missing or a limit is reached at this moment. */
function concluded(
  steps: VerdictStep[],
  { rule, reason }: { readonly rule: string; readonly reason: string },
  limits: ExplainDeps["limits"],
  route: TableRoute,
): EgressVerdict {
  const missing = steps.find(({ step, state }) => step === "credential" && state === "no");
  if (missing !== undefined) return blocked(steps, "auth", missing.detail);
  const { refusal } = limits.explain(route);
  if (refusal !== undefined) return blocked(steps, refusal.rule, refusal.reason);
  return { verdict: "allow", rule, reason, steps };
}

function schemeOf({ scheme }: ParsedRequest, webSocket: boolean): string {
  if (!webSocket) return scheme;
  return scheme === "https" ? "wss" : "ws";
}

function ownPage({ path, method }: ParsedRequest, steps: VerdictStep[]): EgressVerdict {
  if (path === "/allowlist" && (method === "GET" || method === "HEAD")) {
    const reason = "shows the agent its allowlist";
    return { verdict: "allow", rule: "the proxy's own page", reason, steps: [...steps, ok("match", reason)] };
  }
  const reason = `there is only GET http://${ALLOWLIST_HOST}/allowlist here`;
  return blocked([...steps, no("match", reason)], ALLOWLIST_HOST, reason);
}

function normalised(authority: string, host: string, port: number, path?: string): VerdictStep {
  const place = `${host} port ${port}${path === undefined ? "" : `, path ${path}`}`;
  return ok("normalise", authority === host ? place : `${authority} is ${place}`);
}

function blocked(steps: VerdictStep[], rule: string, reason: string): EgressVerdict {
  return { verdict: "block", rule, reason, steps };
}

function ok(step: string, detail: string): VerdictStep {
  return { step, state: "ok", detail };
}

function no(step: string, detail: string): VerdictStep {
  return { step, state: "no", detail };
}

function note(step: string, detail: string): VerdictStep {
  return { step, state: "note", detail };
}
