// What is done about secrets that are about to leave: a pure decision over the findings, the route and its exceptions.

import { CANARY_RULE } from "#domain/proposal/approved-exception.ts";
import { coversHost } from "#domain/egress/covers.ts";
import type { DlpException, TableRoute } from "#domain/egress/route.ts";
import type { Severity } from "#domain/secrets/scanner.ts";

/** What the decision needs of a finding. */
export interface JudgedFinding {
  readonly rule: string;
  readonly severity: Severity;
  readonly fingerprint: string;
  /** Why it cannot be replaced by stars where it stands; undefined when it can. */
  readonly fixed?: string | undefined;
}

export type FindingVerdict<Finding extends JudgedFinding> =
  /** `once` are decisions that this uses up. */
  | { readonly verdict: "pass"; readonly once: readonly string[] }
  /** `replace` go out as stars; the others are allowed or only noted. */
  | { readonly verdict: "redact"; readonly replace: readonly Finding[]; readonly once: readonly string[] }
  /** The operator is asked about this one first. */
  | { readonly verdict: "hold"; readonly finding: Finding }
  | { readonly verdict: "block"; readonly finding: Finding; readonly why: string };

export interface Terms {
  readonly host: string;
  readonly route: Pick<TableRoute, "dlp">;
  readonly exceptions: readonly DlpException[];
  /** Ids of decisions that were used. */
  readonly used: ReadonlySet<string>;
  readonly now: Date;
}

export function decideOnFindings<Finding extends JudgedFinding>(
  findings: readonly Finding[],
  terms: Terms,
): FindingVerdict<Finding> {
  const canary = findings.find(({ rule }) => rule === CANARY_RULE);
  if (canary !== undefined) return { verdict: "block", finding: canary, why: "nobody sends it but a thief" };
  const once = new Set<string>();
  const open = findings.filter((finding) => finding.severity === "block" && !isAllowed(finding, terms, once));
  const [first] = open;
  if (first === undefined) return { verdict: "pass", once: [...once] };
  switch (terms.route.dlp?.outbound_on_match ?? "supervise") {
    case "block":
      return { verdict: "block", finding: first, why: "this route lets no secret out" };
    case "supervise":
      return { verdict: "hold", finding: first };
    case "redact": {
      const fixed = open.find((finding) => finding.fixed !== undefined);
      if (fixed === undefined) return { verdict: "redact", replace: open, once: [...once] };
      return { verdict: "block", finding: fixed, why: `it cannot be replaced: ${fixed.fixed ?? ""}` };
    }
  }
}

/** An exception that lasts is preferred to one that is used up by this. */
function isAllowed(finding: JudgedFinding, terms: Terms, once: Set<string>): boolean {
  const fitting = terms.exceptions.filter((exception) => allows(exception, finding, terms));
  if (fitting.some((exception) => exception.once !== true)) return true;
  const [single] = fitting;
  if (single === undefined) return false;
  once.add(single.decision);
  return true;
}

function allows(exception: DlpException, { rule, fingerprint }: JudgedFinding, { host, used, now }: Terms): boolean {
  if (exception.rule !== rule || !coversHost(exception.host, host)) return false;
  if (exception.fingerprint !== undefined && exception.fingerprint !== fingerprint) return false;
  if (exception.once === true && used.has(exception.decision)) return false;
  return exception.expires_at === undefined || Date.parse(exception.expires_at) > now.getTime();
}
