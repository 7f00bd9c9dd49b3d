// What becomes of a request in which something was found: told, allowed, replaced, put before the operator, or refused.

import { CANARY_RULE } from "#domain/proposal/approved-exception.ts";
import type { RouteTable } from "#domain/egress/route.ts";

import type { AuditTrail } from "../../asking/audit-trail.ts";
import type { CanaryAlarm } from "../../asking/canary-alarm.ts";
import type { Holds } from "../../asking/hold.ts";
import { type Refusal, secretFound } from "../../policy/refusal.ts";
import type { UseRecord } from "../../table/uses.ts";
import type { Inspected } from "../inspection.ts";

import { decideOnFindings, type Terms } from "./decide-on-findings.ts";
import { type Finding, type Found, inWords } from "./finding.ts";
import type { Fingerprint } from "./fingerprint.ts";

export interface SettlingDeps {
  readonly table: () => RouteTable;
  readonly uses: UseRecord;
  readonly audit: AuditTrail;
  readonly holds: Holds;
  readonly alarm: Pick<CanaryAlarm, "raise">;
  readonly fingerprints: () => Promise<Fingerprint>;
}

export type Settled =
  | { readonly ok: true; readonly replace: readonly Found[] }
  | { readonly ok: false; readonly refusal: Refusal };

/** The findings of one request, which may be made bit by bit while its body streams. */
export interface Settlement {
  settle(found: readonly Found[]): Promise<Settled>;
  refuseUnscanned(place: string, why: string): Refusal;
}

type Action = "warned" | "redacted" | "blocked" | "allowed";

const LONGEST_HOLD_SECONDS = 300;
/** Findings of one request that are told. */
const MOST_TOLD = 32;

export function openSettlement(about: Inspected, deps: SettlingDeps): Settlement {
  const { request, route, shownPath } = about;
  /** Exceptions for one request that this request has used up: they hold for the rest of it. */
  const taken = new Set<string>();
  const told = new Set<string>();
  let deadline: number | undefined;

  const terms = (): Terms => {
    const used = taken.size === 0 ? deps.uses.used() : new Set([...deps.uses.used()].filter((id) => !taken.has(id)));
    return { host: request.host, route, exceptions: deps.table().dlp_exceptions ?? [], used, now: new Date() };
  };
  const tell = (finding: Finding, action: Action): void => {
    const { rule, where, fingerprint } = finding;
    const key = `${rule} ${fingerprint} ${where} ${action}`;
    if (told.has(key) || told.size >= MOST_TOLD) return;
    told.add(key);
    about.found({ rule, direction: "outbound", where, action });
    if (rule !== CANARY_RULE) return;
    const { method, host, port } = request;
    const url = `${method} ${host}:${port}${shownPath}`;
    const { excerpt } = finding;
    deps.alarm.raise({ host, port, method, path: shownPath, rule, where, excerpt, fingerprint });
    deps.audit.note("dlp-match", `canary: ${host}`, `CANARY: ${url}: what only a thief would send was in the ${where}`);
  };
  const consume = async (once: readonly string[]): Promise<Refusal | undefined> => {
    const fresh = once.filter((id) => !taken.has(id));
    for (const id of fresh) taken.add(id);
    try {
      await Promise.all(fresh.map((id) => deps.uses.consume(id, new Date())));
      return undefined;
    } catch (error) {
      return notWritten(request.host, error);
    }
  };
  const ask = async (finding: Finding): Promise<Refusal | undefined> => {
    const { host, port, method } = request;
    const { rule, where, excerpt, fingerprint } = finding;
    const asked = { host, port, method, path: shownPath, rule, where, excerpt, fingerprint };
    const limit = Math.min(deps.table().hold_seconds, LONGEST_HOLD_SECONDS);
    deadline ??= performance.now() + limit * 1000;
    const seconds = Math.max(0.001, Math.min(limit, (deadline - performance.now()) / 1000));
    const allowed = (): boolean => decideOnFindings([finding], terms()).verdict === "pass";
    const what = inWords(rule);
    deps.audit.note(
      "request-held",
      `held: ${host}:${port} (${rule})`,
      `${method} ${host}:${port}${asked.path} waits for the operator: ${what} in the ${where}`,
    );
    about.held(true);
    try {
      const end = await deps.holds.holdFinding({ ...asked, what }, allowed, seconds, about.gone);
      if (end.end === "allowed") return undefined;
      return end.end === "refused" ? end.refusal : clientLeft();
    } finally {
      about.held(false);
    }
  };

  return {
    async settle(found) {
      if (found.length === 0) return { ok: true, replace: [] };
      let findings: Finding[];
      try {
        const fingerprint = await deps.fingerprints();
        findings = found.map((one) => ({ ...one, fingerprint: fingerprint(one.match.value) }));
      } catch (error) {
        return { ok: false, refusal: noFingerprint(error) };
      }
      for (;;) {
        const verdict = decideOnFindings(findings, terms());
        switch (verdict.verdict) {
          case "block":
            tell(verdict.finding, "blocked");
            return { ok: false, refusal: blocked(verdict.finding, verdict.why) };
          case "hold": {
            const refusal = await ask(verdict.finding);
            if (refusal === undefined) continue;
            tell(verdict.finding, "blocked");
            return { ok: false, refusal };
          }
          case "pass":
          case "redact": {
            const replace = verdict.verdict === "redact" ? verdict.replace : [];
            const refusal = await consume(verdict.once);
            if (refusal !== undefined) return { ok: false, refusal };
            for (const one of findings) tell(one, actionOf(one, replace));
            return { ok: true, replace };
          }
        }
      }
    },
    refuseUnscanned(place, why) {
      const reason = `the ${place} cannot be scanned for secrets: ${why}`;
      return { status: 403, code: "cannot_scan", rule: "secret scanning", reason };
    },
  };
}

function actionOf(finding: Finding, replaced: readonly Finding[]): Action {
  if (finding.severity === "warn") return "warned";
  return replaced.includes(finding) ? "redacted" : "allowed";
}

function blocked({ rule, where }: Finding, why: string): Refusal {
  return secretFound(rule, inWords(rule), where, why);
}

function clientLeft(): Refusal {
  return { status: 403, code: "hold_timeout", rule: "hold", reason: "the client left while the operator was asked" };
}

function notWritten(host: string, error: unknown): Refusal {
  const why = error instanceof Error ? error.message : String(error);
  const reason = `the one approved request to ${host} could not be written down (${why}), so it was not sent`;
  return { status: 503, code: "storage_failed", rule: "once", reason };
}

function noFingerprint(error: unknown): Refusal {
  const why = error instanceof Error ? error.message : String(error);
  const reason = `a secret was found, and what is done about it cannot be decided without the key of fingerprints: ${why}`;
  return { status: 503, code: "storage_failed", rule: "secret scanning", reason };
}
