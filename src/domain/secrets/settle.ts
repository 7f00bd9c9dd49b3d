// Of findings that overlap, which one is told.

import type { SecretMatch } from "./scanner.ts";

/** With the place of its rule: own secrets come first. */
export interface Finding extends SecretMatch {
  readonly rank: number;
  readonly own: boolean;
}

/** By start, not overlapping. */
export function settle(findings: readonly Finding[]): SecretMatch[] {
  if (findings.length === 0) return [];
  const kept: Finding[] = [];
  for (const finding of findings.toSorted((a, b) => a.start - b.start || stronger(a, b))) {
    const before = kept.at(-1);
    if (before === undefined || before.end <= finding.start) kept.push(finding);
    else if (stronger(finding, before) < 0) replaceFrom(kept, finding);
  }
  return kept.map(({ rule, severity, start, end, partial }) => ({
    rule,
    severity,
    start,
    end,
    ...(partial === true ? { partial } : {}),
  }));
}

function replaceFrom(kept: Finding[], finding: Finding): void {
  while (kept.length > 0 && kept.at(-1)!.end > finding.start) kept.pop();
  kept.push(finding);
}

/** Negative when `a` is told rather than `b`: own secrets, what blocks, the longer one, the first rule. */
function stronger(a: Finding, b: Finding): number {
  return (
    Number(b.own) - Number(a.own) ||
    Number(a.severity === "warn") - Number(b.severity === "warn") ||
    b.end - b.start - (a.end - a.start) ||
    a.rank - b.rank
  );
}
